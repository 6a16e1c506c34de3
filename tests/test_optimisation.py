import copy
import math

import pytest
import torch
from torch import Tensor, nn

from facial_keypoints.optimisation import Optimisation, adamw, rate_shares
from tests.options import nose_options

STEPS = 10


def shares(**changed: float | str) -> list[float]:
    share = rate_shares(nose_options(**changed), STEPS)
    return [share(step) for step in range(STEPS)]


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        # No bias before the norm: its gradient is nothing but rounding, of which Adam makes whole steps.
        layers = nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 4 * 4, 2)
        return nn.Sequential(*layers)


def loss_of(model: nn.Module, step: int) -> Tensor:
    pictures = torch.randn(8, 1, 6, 6, generator=torch.Generator().manual_seed(step))
    loss: Tensor = model(pictures).square().mean()
    return loss


def test_a_constant_rate_is_the_options():
    assert shares() == [1] * STEPS


def test_warming_up_rises_to_the_whole_rate_in_equal_steps():
    assert shares(warm_up=0.4) == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 1, 1, 1, 1, 1])


def test_a_cosine_falls_from_the_whole_rate_towards_0():
    found = shares(schedule="cosine")
    assert (found[0], found[5]) == (1, pytest.approx(0.5))
    assert found == pytest.approx([(1 + math.cos(math.pi * step / 10)) / 2 for step in range(STEPS)])
    assert sorted(found, reverse=True) == found
    assert rate_shares(nose_options(schedule="cosine"), STEPS)(STEPS) == pytest.approx(0)


def test_a_cosine_that_warms_up_is_the_product_of_both():
    assert shares(schedule="cosine", warm_up=0.4) == pytest.approx(
        [one * other for one, other in zip(shares(schedule="cosine"), shares(warm_up=0.4), strict=True)]
    )


def test_the_optimizer_follows_the_schedule():
    model = network()
    optimisation = Optimisation(model, nose_options(schedule="cosine", warm_up=0.4, learning_rate=0.02), STEPS)
    taken = []
    for step in range(STEPS):
        taken.append([group["lr"] for group in optimisation.optimizer.param_groups])
        optimisation.step(loss_of(model, step))
    expected = [0.02 * share for share in shares(schedule="cosine", warm_up=0.4)]
    assert taken == [pytest.approx([rate, rate]) for rate in expected]


def test_norms_and_biases_do_not_decay():
    model = network()
    before = copy.deepcopy(model.state_dict())
    optimizer = adamw(model, nose_options(learning_rate=0.1, weight_decay=0.5))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    decayed = {"0.weight", "3.weight"}
    for name, parameter in model.named_parameters():
        expected = before[name] * (1 - 0.1 * 0.5) if name in decayed else before[name]
        assert torch.allclose(parameter, expected), name


def test_without_weight_decay_it_is_adam():
    model, other = network(), network()
    optimisation, adam = Optimisation(model, nose_options(), STEPS), torch.optim.Adam(other.parameters(), lr=1e-3)
    for step in range(4):
        optimisation.step(loss_of(model, step))
        adam.zero_grad()
        loss_of(other, step).backward()
        adam.step()
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-6)


def test_without_an_average_the_model_itself_is_kept():
    model = network()
    assert Optimisation(model, nose_options(average=0), STEPS).kept is model


@pytest.mark.parametrize("steps", [4, 30], ids=["while the decay grows", "when it has grown"])
def test_what_is_kept_is_a_loop_over_the_steps(steps):
    model = network()
    optimisation = Optimisation(model, nose_options(average=0.6, learning_rate=0.05), steps)
    states = []
    for step in range(steps):
        optimisation.step(loss_of(model, step))
        states.append(copy.deepcopy(model.state_dict()))
    expected = states[0]  # the first step is taken as it is
    for step, state in enumerate(states[1:], start=1):
        decay = min(0.6, (1 + step) / (10 + step))  # 2/11, 3/12, ...: 0.6 from the 13th step on
        for key, value in state.items():
            if value.is_floating_point():
                expected[key] = decay * expected[key] + (1 - decay) * value
            else:
                expected[key] = value
    kept = optimisation.kept.state_dict()
    assert "1.running_mean" in kept
    assert kept.keys() == expected.keys()
    assert all(torch.allclose(kept[key], expected[key], atol=1e-5) for key in kept)
    assert int(kept["1.num_batches_tracked"]) == steps


def test_what_is_kept_does_not_change_what_is_trained():
    averaged, plain = network(), network()
    one = Optimisation(averaged, nose_options(average=0.9), STEPS)
    two = Optimisation(plain, nose_options(average=0), STEPS)
    for step in range(4):
        one.step(loss_of(averaged, step))
        two.step(loss_of(plain, step))
    assert all(torch.equal(averaged.state_dict()[key], plain.state_dict()[key]) for key in plain.state_dict())
    assert not torch.equal(one.kept.state_dict()["3.weight"], plain.state_dict()["3.weight"])
