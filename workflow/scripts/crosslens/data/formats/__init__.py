"""Formats of data sets that no mapping can express, one module each: it turns a row of a file into a `Question`.

To add one, add a module here under the name that `module` in config/datasets.yaml uses: its function ``read`` turns a
record into a `Question`. `fields` holds what such modules share. Most data sets need none: see docs/mapping.md.
"""
