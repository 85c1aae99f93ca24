import io

import numpy as np
import pytest

from atnet.matting.messages import receive, send


def sent(**arrays):
    pipe = io.BytesIO()
    send(pipe, **arrays)
    return pipe.getvalue()


def test_messages_arrive_one_after_another_as_they_were_sent():
    alpha, words = np.arange(6, dtype=np.float32).reshape(2, 3), np.array("MNN cannot: ß")
    pipe = io.BytesIO(sent(alpha=alpha, nothing=np.zeros((0, 4), np.uint8)) + sent(words=words))
    first, second = receive(pipe), receive(pipe)
    np.testing.assert_array_equal(first["alpha"], alpha)
    assert first["alpha"].dtype == np.float32
    assert first["nothing"].shape == (0, 4)
    assert str(second["words"]) == "MNN cannot: ß"


@pytest.mark.parametrize("kept", [0, 7, 8, 100])
def test_a_process_that_ends_in_a_message_is_noticed(kept):
    with pytest.raises(EOFError, match="closed after"):
        receive(io.BytesIO(sent(alpha=np.ones(9))[:kept]))


def test_no_code_is_ever_sent_or_run():
    with pytest.raises(ValueError, match="allow_pickle"):
        send(io.BytesIO(), thing=np.array([object()]))
    file = io.BytesIO()
    np.savez(file, thing=np.array([object()]))
    data = file.getvalue()
    with pytest.raises(ValueError, match="allow_pickle"):
        receive(io.BytesIO(len(data).to_bytes(8, "little") + data))
