"""What a student has predicted and solved, in one small file that survives a restart of the kernel."""

import json

from ganlib.engine.files import atomic_write, user_folder

MEMORY = {}  # stands in for the file where no folder can be written


def read():
    """All records, {} when there are none or the file is unreadable."""
    try:
        return dict(json.loads((user_folder() / "progress.json").read_text(encoding="utf-8"))) | MEMORY
    except (OSError, TypeError, ValueError):
        return dict(MEMORY)


def record(key, value):
    """Remember value under key.

    Where no folder can be written, say so and remember it until the kernel ends.
    """
    # What cannot be kept in the file fails here, before it is kept anywhere.
    value = json.loads(json.dumps(value))
    MEMORY[key] = value
    try:
        with atomic_write(user_folder() / "progress.json") as temporary:
            temporary.write_text(json.dumps(read()), encoding="utf-8")
    except OSError as error:
        print(
            "This is remembered until the kernel ends, not longer: no folder can be written "
            f"({error.strerror or error})."
        )
