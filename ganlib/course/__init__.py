"""Everything that exists because of the notebooks. `python -m ganlib.course` keeps and shows them."""
