"""Commands for people at a terminal; the workflow calls none of them."""
