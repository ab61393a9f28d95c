"""Reads what frameworks write into a flat dictionary of tensors by name: .pth/.th/.pt (zip and legacy), .safetensors. Nothing in a file is
executed: the unpickler knows tensors, numbers and plain containers only.
"""
import contextlib
import os
import pickle
import types
import zipfile
from typing import Any, Dict, Iterator, Tuple

import torch

from recipe import ImportRefused, require

NESTS = ("state_dict", "net", "model", "state", "model_state_dict", "state_dict_ema", "model_ema")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "backbone.")
STORAGES = tuple(f"{kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"))
ALLOWED = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"),
           ("torch._utils", "_rebuild_parameter"), ("torch", "Size"), ("torch", "device"), ("argparse", "Namespace"),
           ("torch.storage", "_TypedStorage"), ("torch.storage", "TypedStorage"), ("torch.storage", "UntypedStorage"),
           ("torch.storage", "_UntypedStorage"), ("torch.serialization", "_get_layout"), ("numpy.core.multiarray", "scalar"),
           ("numpy._core.multiarray", "scalar"), ("numpy", "dtype"), ("_codecs", "encode"), ("builtins", "set")} | {("torch", name) for name in STORAGES} | {("torch", str(t).split(".")[1]) for t in (
               torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
               torch.bool)}


class Forbidden(pickle.UnpicklingError):
    """The file wants more than data."""


class Unpickler(pickle.Unpickler):
    """Builds tensors and plain containers; refuses every other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise Forbidden(f"it holds {module}.{name}, expected tensors and plain values only (a state_dict)")
        return super().find_class(module, name)


def _load(file: Any, **options: Any) -> Any:
    return Unpickler(file, **options).load()


# What torch.load takes as `pickle_module`: with this every version of PyTorch is as careful as its weights_only, and takes numbers in
# optimizer states, which 1.13 does not.
CAREFUL = types.ModuleType("careful_pickle")
CAREFUL.__dict__.update({k: v for k, v in vars(pickle).items() if not k.startswith("__")})
CAREFUL.__dict__.update(Unpickler=Unpickler, load=_load)


@contextlib.contextmanager
def careful() -> Iterator[None]:
    """PyTorch 1.13 takes the module `pickle` whatever it is given as pickle_module: so that one is the careful one, too."""
    import torch.serialization
    usual = torch.serialization.pickle
    torch.serialization.pickle = CAREFUL
    try:
        yield
    finally:
        torch.serialization.pickle = usual


def load(path: str) -> Tuple[Dict[str, torch.Tensor], Dict[str, Any]]:
    """Tensors by name, without prefixes, and what else lay beside them (training arguments, an epoch)."""
    require(os.path.exists(path), f"{path}: there is no such file")
    require(os.path.isfile(path), f"{path}: not a file")
    content = load_safetensors(path) if path.endswith(".safetensors") else load_torch(path)
    beside: Dict[str, Any] = {}
    while isinstance(content, dict) and not any(isinstance(v, torch.Tensor) for v in content.values()):
        nest = next((name for name in NESTS if isinstance(content.get(name), dict)), None)
        require(nest is not None, f"{path}: holds no tensors, but {listed(content)}: expected a state_dict, or one under "
                                  f"{', '.join(NESTS)}")
        beside.update({k: v for k, v in content.items() if k != nest})
        content = content[nest]
    require(isinstance(content, dict), f"{path}: holds a {type(content).__name__}, expected a dictionary of tensors by name")
    tensors = {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}
    return strip_prefixes(tensors), beside


def listed(content: Dict) -> str:
    names = [str(k)[:40] for k in list(content)[:5]]
    return (", ".join(names) or "nothing") + (" .." if len(content) > 5 else "")


def load_torch(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            start = file.read(8)
        if start[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                if any(name.endswith("constants.pkl") for name in archive.namelist()):
                    raise ImportRefused(f"{path}: a TorchScript program, expected a state_dict (torch.save(net.state_dict(), ..))")
        options = {} if tuple(int(v) for v in torch.__version__.split(".")[:2]) < (1, 13) else {"weights_only": False}
        with careful():
            return torch.load(path, map_location="cpu", pickle_module=CAREFUL, **options)
    except ImportRefused:
        raise
    except Forbidden as error:
        raise ImportRefused(f"{path}: refused: {error}") from error
    except OSError as error:
        raise ImportRefused(f"{path}: {error.strerror or error}") from error
    except Exception as error:  # torch.load fails in many ways on what is not a checkpoint
        raise ImportRefused(f"{path}: not a checkpoint that PyTorch can read ({first_line(error)})") from error


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:120]


def load_safetensors(path: str) -> Any:
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise ImportRefused(f"{path}: needs the Python library safetensors, which is not installed") from error
    try:
        return load_file(path, device="cpu")
    except Exception as error:
        raise ImportRefused(f"{path}: not a .safetensors file ({first_line(error)})") from error


def strip_prefixes(tensors: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Without what DataParallel, torch.compile and wrappers put before every name."""
    again = True
    while again and tensors:
        again = False
        for prefix in PREFIXES:
            if all(name.startswith(prefix) for name in tensors):
                tensors = {name[len(prefix):]: value for name, value in tensors.items()}
                again = True
    return tensors


def check_finite(tensors: Dict[str, torch.Tensor], path: str) -> None:
    """NaN and Inf are refused wherever they are."""
    for name, value in tensors.items():
        if not value.is_floating_point() or bool(torch.isfinite(value).all()):
            continue
        bad = torch.nonzero(~torch.isfinite(value.flatten().float()))
        first = int(bad[0])
        raise ImportRefused(f"{path}: tensor {name}: element {first} of {value.numel()} is {value.flatten()[first].item()}"
                            f" ({len(bad)} are not finite)")
