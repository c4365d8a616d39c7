"""Work on many files at once: processes of this machine, or a Dask cluster."""
