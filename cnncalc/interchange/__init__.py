"""Networks of other libraries: read into one graph form, written as a spec, and compared with it."""
