import torch

from headgate.layers import LinearBag, RaggedTensors


def test_the_bag_sums_a_texts_weights_over_the_square_root_of_its_length():
    bag = LinearBag(6, 2)
    torch.nn.init.normal_(bag.table.weight)
    features = [[1, 3, 5, 5], [0], [2]]
    bags = RaggedTensors(torch.tensor([1, 3, 5, 5, 0, 2]), torch.tensor([0, 4, 5]))
    logits = bag(bags, torch.tensor([3, 0, 1]))
    for row, length in enumerate((3, 1, 1)):
        total = sum(bag.table.weight[feature] for feature in features[row] if feature) + torch.zeros(2)
        torch.testing.assert_close(logits[row], total / length**0.5)


def test_a_fresh_bag_says_nothing():
    logits = LinearBag(6, 2)(RaggedTensors(torch.tensor([1, 2]), torch.tensor([0, 1])), torch.tensor([1, 1]))
    assert torch.all(logits == 0)
