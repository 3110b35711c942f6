"""The benchmark: the same app on this server and on its peers, under the same load, in one run. See README.md."""
