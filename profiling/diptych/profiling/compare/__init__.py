"""Two or more sides of the same work: how they differ, and how sure that is."""
