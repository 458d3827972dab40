"""Event logs of scenario files in this folder, for tests that look at rows."""

from pathlib import Path

import pytest

from gatebench.scenarios import load
from gatebench.sim.draws import Draws
from gatebench.sim.log import EventLog
from gatebench.sim.replication import run
from gatebench.sim.trips import plan


@pytest.fixture(scope="session")
def trace():
    """File -> the event log of one replication under its policy `card`; each is run once."""
    made = {}

    def one(file):
        if file not in made:
            scenario = load(Path(__file__).parent / file).scenario
            draws, log = Draws(2024, 0), EventLog()
            run(scenario, "card", plan(scenario, draws), draws, log)
            made[file] = log.table()
        return made[file]

    return one
