"""The operators of an open trace: icicle, table and histogram of one selection; SQL."""
