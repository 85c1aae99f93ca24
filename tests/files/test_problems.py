import pickle

from atnet.files.problems import ProblemsError


def test_an_error_carries_all_problems_and_its_line_the_first():
    problems = [f"f{number}: is missing" for number in range(10)]
    error = ProblemsError("nothing was made", problems)
    assert error.problems == tuple(problems)
    assert str(error).startswith("nothing was made: f0: is missing; f1: is missing; ")
    assert str(error).endswith("f7: is missing; and 2 more")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (as workers send it)
    assert (str(copy), copy.problems) == (str(error), error.problems)
