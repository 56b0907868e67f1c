import numpy as np

from headgate.cells import rnn


def test_the_output_is_read_off_the_state():
    generator = np.random.default_rng(0)
    state = rnn.State(generator.normal(size=(2, 3)))
    weight, bias = generator.normal(size=(4, 3)), generator.normal(size=4)
    expected = [
        [
            sum(w * h for w, h in zip(row, hidden, strict=True)) + b
            for row, b in zip(weight, bias, strict=True)
        ]
        for hidden in state.hidden
    ]
    np.testing.assert_allclose(rnn.output(state, weight, bias), expected, rtol=0, atol=1e-12)
