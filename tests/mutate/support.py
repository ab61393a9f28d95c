"""What the tests of scripts/mutate share."""
import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MUTATE = os.path.join(ROOT, "scripts", "mutate")
sys.path.insert(0, MUTATE)
sys.dont_write_bytecode = True
