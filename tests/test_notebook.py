import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "examples" / "network.ipynb"


@pytest.fixture(scope="module")
def executed():
    """The notebook after a run of all its cells, in a process of its own."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600).execute()
    return notebook


def printed(executed):
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    return "".join(output.get("text", "") for output in outputs)


def test_the_network_computes_what_the_predictor_does(executed):
    difference = re.search(r"mean difference where unknown: (\S+)", printed(executed))
    assert difference is not None
    assert float(difference[1]) < 1e-3


def test_a_few_steps_lower_the_loss(executed):
    losses = [float(text) for text in re.findall(r"loss (\d\.\d+)", printed(executed))]
    assert len(losses) == 8
    assert losses[-1] < losses[0]


def test_pictures_are_shown(executed):
    kinds = [
        key
        for cell in executed.cells
        for one in cell.get("outputs", ())
        for key in one.get("data", ())
    ]
    assert kinds.count("image/png") == 3


def test_it_is_kept_without_outputs():
    """Or each run would change the file."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
