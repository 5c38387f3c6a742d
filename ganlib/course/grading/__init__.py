"""Grade handed-in notebooks: the student's code runs in a sandbox, the judgement is made outside of it.

    collect   which files are whose, in a folder as learning platforms and hubs hand it out
    sandbox   a process with no network, no files, little time and memory (bubblewrap)
    runner    what runs in it: finds the answers in a notebook, calls them, sends back numbers
    slices    which statements of a notebook an answer needs
    wire      the messages between both
    remote    outside: an answer in the sandbox as a function that an exercise can try
    report    records, the table, a page for each student
    grade     all of it together

The exercises judge a handed-in answer as they do in the notebook, on input drawn anew. Only the answer itself
is elsewhere: each call of it goes into the sandbox, and tensors come back. So whatever its code does to
`check`, to torch or to the progress file happens to its own copy.
"""
