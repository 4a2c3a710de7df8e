"""What Snakemake would do thousands of times for the paper's 3,400 jobs, done once. Changes no result. No rules.

The last two were 1.1 of the 9 seconds of a dry-run of the paper. Without this file all works as before, only later.
"""

import gc
import inspect
from functools import cache

import smart_open
from snakemake.common import overwrite_function_params
from snakemake.resources import Resource

# Thousands of jobs are millions of objects, nearly all kept to the end: looking for garbage among them takes a second.
gc.set_threshold(100_000, 50, 100)
# A script's path is taken apart three times a job, and each time this function makes a class.
smart_open.parse_uri = cache(smart_open.parse_uri)
# Every resource of every job is asked twice which arguments this method takes.
overwrite_function_params(Resource.evaluate, inspect.signature(Resource.evaluate).parameters)
