"""Take what recorders hand over: check it, seal it, store it, and only then write its rows. Opens nothing."""
