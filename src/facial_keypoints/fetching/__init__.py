"""Raw data sets from their makers' servers: download, unpack, verify, put in place.  Knows nothing of Kedro."""
