"""An app that takes the importing process with it."""

import os

os._exit(7)
