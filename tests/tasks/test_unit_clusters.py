import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.tasks.unit_clusters import NARROWING, check_cutoffs, cluster_sizes, cluster_widths


@given(
    cutoffs=st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(sorted),
    more=st.integers(1, 50),
    features=st.integers(64, 300),
)
def test_clusters_are_cut_as_torch_cuts_them(cutoffs, more, features):
    size = cutoffs[-1] + more
    layer = torch.nn.AdaptiveLogSoftmaxWithLoss(features, size, cutoffs, div_value=NARROWING)
    assert check_cutoffs(cutoffs, size, features) == tuple(cutoffs)
    assert cluster_sizes(cutoffs, size) == [tail[1].out_features for tail in layer.tail]
    assert cluster_widths(cutoffs, features) == [tail[0].out_features for tail in layer.tail]
    assert cutoffs[0] + sum(cluster_sizes(cutoffs, size)) == size


@pytest.mark.parametrize("cutoffs", [[], [0], [10], [11], [3, 3], [5, 4], [-1, 4]])
def test_cutoffs_that_do_not_rise_inside_the_vocabulary_are_refused(cutoffs):
    with pytest.raises(ConfigError, match="cutoffs must rise and lie between 0 and the 10 units"):
        check_cutoffs(cutoffs, 10, 100)


def test_more_clusters_than_there_are_features_to_share_are_refused():
    assert check_cutoffs([3, 5], 10, 16) == (3, 5)
    with pytest.raises(ConfigError, match=r"2 cutoffs take 16 hidden units at least, .*; got 15"):
        check_cutoffs([3, 5], 10, 15)
