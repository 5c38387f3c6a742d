"""The state of anything that is trained: one flat dictionary of tensors from its modules and optimizers."""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

__all__ = ["Trainable"]


class Trainable:
    """Base class of models that a Trainer can train: a subclass writes `__init__` and `step`, nothing else.

    State is gathered from the attributes: each that has state_dict and load_state_dict (nn.Module, Optimizer,
    EMA), under its name. A number that changes during training, such as a count, must be a buffer of a
    module, so that it is saved and can be captured in a CUDA graph.

    Example:
        >>> class Regression(Trainable):
        ...     def __init__(self):
        ...         self.net = nn.Linear(2, 1)
        ...         self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)
        ...
        ...     def step(self, x, y=None):
        ...         loss = self.net(x).square().mean()
        ...         self.optimizer.zero_grad()
        ...         loss.backward()
        ...         self.optimizer.step()
        ...         return {"loss": loss.detach()}
        >>> sorted(Regression().state_dict())
        ['net.bias', 'net.weight', 'optimizer.lr']
    """

    @property
    def device(self) -> torch.device:
        """Where the first module's weights lie."""
        modules = [value for value in vars(self).values() if isinstance(value, nn.Module)]
        tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
        return tensors[0].device if tensors else torch.device("cpu")

    def step(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """One training step on a batch -> named terms, 0-dim tensors without a graph."""
        raise NotImplementedError(f"{type(self).__name__} has no step(x, y)")

    def samples_per_step(self, batch_size: int) -> int:
        """How many samples one step takes."""
        return batch_size

    def state_dict(self) -> dict[str, Tensor]:
        """All that training changes, as a flat dictionary.

        Its tensors go on changing: clone what is to be kept.
        """
        flat = {}
        for name, part in self._parts():
            entries = _optimizer_state(part) if isinstance(part, Optimizer) else part.state_dict()
            flat |= {f"{name}.{key}": value for key, value in entries.items()}
        return flat

    def load_state_dict(self, flat: dict[str, Tensor]) -> None:
        """Take over what `state_dict` returned.

        Raises:
            ValueError: naming the first entry that is missing, unknown or of another shape; nothing has
                changed then.
        """
        self._check_fits(flat)
        for name, part in self._parts():
            prefix = f"{name}."
            entries = {
                key.removeprefix(prefix): value for key, value in flat.items() if key.startswith(prefix)
            }
            if isinstance(part, Optimizer):
                _load_optimizer_state(part, entries)
            else:
                part.load_state_dict(entries)

    def capture_key(self) -> tuple:
        """What a CUDA graph of `step` depends on: when it changes, a new graph has to be captured."""
        parts = dict(self._parts())
        rules = [_identity(value) for name, value in vars(self).items() if name not in parts]
        optimizers = [part for part in parts.values() if isinstance(part, Optimizer)]
        numbers = [
            {k: v for k, v in group.items() if k != "params"} for o in optimizers for group in o.param_groups
        ]
        modes = [part.training for part in parts.values() if isinstance(part, nn.Module)]
        decays = [getattr(part, "decay", None) for part in parts.values()]
        addresses = [value.data_ptr() for key, value in self.state_dict().items() if not key.endswith(".lr")]
        return rules, numbers, modes, decays, addresses

    def _parts(self) -> list[tuple[str, Any]]:
        """(name, value) of each attribute that has state."""
        return [(name, value) for name, value in vars(self).items() if hasattr(value, "load_state_dict")]

    def _check_fits(self, flat: dict[str, Tensor]) -> None:
        optimizers = {name: part for name, part in self._parts() if isinstance(part, Optimizer)}
        needed = {key: tuple(value.shape) for key, value in self.state_dict().items()}
        optional = {key for key in needed if key.split(".")[0] in optimizers and not key.endswith(".lr")}
        for key in [*needed, *flat]:
            found = tuple(flat[key].shape) if key in flat else None
            allowed = _shapes_in_optimizer(key, optimizers) or [needed.get(key)]
            if found not in allowed and not (found is None and key in optional):
                expected = "no such entry" if allowed == [None] else f"shape {allowed[0]}"
                raise ValueError(
                    f"checkpoint entry {key}: expected {expected}, but got {found}; "
                    "build the model as it was when the checkpoint was saved"
                )


def _identity(value: Any) -> Any:
    """What tells whether an attribute is still the same: a tensor's address, since == compares entries."""
    return value.data_ptr() if torch.is_tensor(value) else value


def _optimizer_state(optimizer: Optimizer) -> dict[str, Tensor]:
    """index.entry -> tensor for each parameter that has been updated, and the learning rates as "lr"."""
    flat = {}
    for index, entries in optimizer.state_dict()["state"].items():
        flat |= {
            f"{index}.{name}": torch.as_tensor(value) for name, value in entries.items() if value is not None
        }
    rates = torch.tensor([float(group["lr"]) for group in optimizer.param_groups], dtype=torch.double)
    return flat | {"lr": rates if len(rates) > 1 else rates[0]}


def _load_optimizer_state(optimizer: Optimizer, flat: dict[str, Tensor]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state = {}
    for key in flat.keys() - {"lr"}:
        index, name = key.split(".")
        state.setdefault(int(index), {})[name] = _laid_out_like(parameters[int(index)], flat[key])
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for group, rate in zip(optimizer.param_groups, flat["lr"].reshape(-1).tolist()):
        group["lr"] = rate


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """A copy of the value in the parameter's memory format, so that the optimizer leaves the caller's alone.

    Fused optimizers go through parameter and state in the order of memory, so both must be channels last,
    say.
    """
    if value.shape != parameter.shape:
        return value.clone()
    return torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)


def _shapes_in_optimizer(key: str, optimizers: dict[str, Optimizer]) -> list[tuple]:
    """The shapes that an optimizer's entry such as g_optimizer.3.exp_avg may have.

    They are its parameter's, and that of a number.
    """
    match = re.fullmatch(r"(\w+)\.(\d+)\.\w+", key)
    if not match or match[1] not in optimizers:
        return []
    parameters = [p for group in optimizers[match[1]].param_groups for p in group["params"]]
    return [tuple(parameters[int(match[2])].shape), ()] if int(match[2]) < len(parameters) else []
