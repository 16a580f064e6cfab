"""What a comparison leaves the program as: a page, tables, steps, one trace of all sides."""
