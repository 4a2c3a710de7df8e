"""The formats of multiple-choice data sets, one module per format: each turns a row of a file into a `Question`.

To add a format, add a module here under the name that `format` in config/datasets.yaml uses: its function ``read``
turns a record into a `Question`, and its ``PARTS`` are the names of the parts in Table 3. `fields` holds what formats
share.
"""
