#!/usr/bin/python3
"""Train one network: dense from scratch, or pruned from a checkpoint.

A pruned network starts as the dense one, or as one pruned less. Over the first tenth of the steps its masks take over
(`openness` 1 to 0), and until 60 % of the steps noise on the mask logits explores; what the logs and checkpoints report
is always the deterministic network.
"""
import argparse
import json
import math
import time
from typing import Dict, List, Optional, Tuple

import torch
from torch.nn import functional as F

import data
from network import Control, Network, Shape


def budget_loss(kept: List[torch.Tensor], targets: List[float], margin: float) -> torch.Tensor:
    """Mean kept fraction at its target, every block's within `margin` of its own. kept: per block with a mask [N]."""
    fractions, wanted = torch.stack([k.mean() for k in kept]), torch.tensor(targets)
    outside = (torch.abs(fractions - wanted) - margin).clamp(min=0)
    return (fractions.mean() - wanted.mean()).square() + outside.square().sum()


@torch.no_grad()
def evaluate(net: Network, images: torch.Tensor, labels: torch.Tensor, batch: int = 500) -> Dict[str, object]:
    """Top-1 in percent and, per block, mean and standard deviation over images of the deterministic masks."""
    net.eval()
    correct, collected = 0, []
    for start in range(0, len(images), batch):
        control = Control()
        x = data.to_float(images[start:start + batch]).contiguous(memory_format=torch.channels_last)
        correct += (net(x, control).argmax(1) == labels[start:start + batch]).sum().item()
        collected.append(control)
    net.train()
    result: Dict[str, object] = {"top1": 100.0 * correct / len(images)}
    if collected[0].kept_out:
        for key in ("kept_in", "kept_out"):
            per_block = [torch.cat(parts) for parts in zip(*(getattr(c, key) for c in collected))]
            result[key] = [round(f.mean().item(), 4) for f in per_block]
            result[key + "_std"] = [round(f.std().item(), 4) for f in per_block]
    if collected[0].groups:
        per_block = [torch.cat(parts) for parts in zip(*(c.groups for c in collected))]
        result["group_use"] = [[round(v, 3) for v in g.mean(0).tolist()] for g in per_block]
    return result


def schedule(progress: float, args: argparse.Namespace) -> Tuple[float, float, float]:
    """Learning rate, openness and noise at `progress` 0..1: linear warm-up, then cosine; linear; linear."""
    warmup = 0.05
    if progress < warmup:
        rate = args.lr * (progress + 0.002) / warmup
    else:
        rate = args.lr * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
    openness = max(0.0, 1 - progress / args.opening) if args.opening > 0 else 0.0
    return rate, openness, args.noise * max(0.0, 1 - progress / 0.6)


def task_loss(logits: torch.Tensor, labels: torch.Tensor, teacher: Optional[torch.Tensor],
              args: argparse.Namespace) -> torch.Tensor:
    """Cross-entropy with label smoothing, mixed with the dense network's distribution where there is one."""
    hard = F.cross_entropy(logits, labels, label_smoothing=args.smoothing)
    if teacher is None:
        return hard
    target = F.softmax(teacher / args.temperature, dim=1)
    soft = F.kl_div(F.log_softmax(logits / args.temperature, dim=1), target, reduction="batchmean")
    return (1 - args.distill) * hard + args.distill * args.temperature ** 2 * soft


@torch.no_grad()
def teacher_logits(net: Network, images: torch.Tensor, batch: int = 500) -> torch.Tensor:
    """Logits [N][classes] of the training images, mean over the image and its mirror image.

    Crops are left out: the pupil sees shifted images, its teacher's opinion is that of the centred one, once for all epochs.
    """
    net.eval()
    parts = []
    for start in range(0, len(images), batch):
        x = data.to_float(images[start:start + batch])
        parts.append(sum(net(v.contiguous(memory_format=torch.channels_last), Control()) for v in (x, x.flip(3))) / 2)
    return torch.cat(parts)


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(args.seed)
    images, labels = data.load(args.data, "train", args.limit)
    if args.hold_out:
        test_images, test_labels = images[-args.hold_out:], labels[-args.hold_out:]
        images, labels = images[:-args.hold_out], labels[:-args.hold_out]
    else:
        test_images, test_labels = data.load(args.data, "test", args.limit)
    net = Network(Shape.of(vars(args)))
    targets = [keep for keep in net.shape.keep_spatial if keep < 1]
    if args.start:
        net.load_state_dict(torch.load(args.start)["state"], strict=False)
    teacher = torch.load(args.teacher)["teacher"] if args.teacher else None
    net.train().to(memory_format=torch.channels_last)
    gates = net.gate_parameters()
    gate_ids = {id(p) for p in gates}
    groups = [{"params": [p for p in net.parameters() if id(p) not in gate_ids], "weight_decay": args.weight_decay}]
    if gates:
        groups.append({"params": gates, "weight_decay": 0.0})
    optimizer = torch.optim.SGD(groups, lr=args.lr, momentum=0.9, nesterov=True)
    steps_per_epoch = min(len(images), args.epoch_images or len(images)) // args.batch
    total, step, began, history = args.epochs * steps_per_epoch, 0, time.time(), []
    for epoch in range(args.epochs):
        sums = [0.0, 0.0]
        for x, index in data.augmented_batches(images, args.batch, generator, args.crop, args.epoch_images):
            rate, openness, noise = schedule(step / total, args)
            for group in optimizer.param_groups:
                group["lr"] = rate
            control = Control(openness=openness, noise=noise)
            if epoch < args.small_epochs:
                x = F.interpolate(x, size=args.small_size, mode="bilinear", align_corners=False)
            logits = net(x.contiguous(memory_format=torch.channels_last), control)
            task = task_loss(logits, labels[index], None if teacher is None else teacher[index], args)
            loss = task
            if control.kept_in:
                budget = budget_loss(control.kept_in, targets, args.margin)
                loss = task + args.budget * budget
                sums[1] += budget.item()
            sums[0] += task.item()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
        last = epoch + 1 == args.epochs
        seen = len(test_images) if last else len(test_images) // 5
        entry = evaluate(net, test_images[:seen], test_labels[:seen])
        entry.update(epoch=epoch + 1, images=seen, task=round(sums[0] / steps_per_epoch, 4),
                     budget=round(sums[1] / steps_per_epoch, 5), seconds=round(time.time() - began),
                     cpu_seconds=round(time.process_time()))
        history.append(entry)
        print(json.dumps(entry), flush=True)
        state = {"state": net.state_dict(), "args": vars(args), "history": history}
        torch.save(state, args.out)
    if not gates:
        torch.save({**state, "teacher": teacher_logits(net, images)}, args.out)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--out", required=True, help="checkpoint to write after every epoch")
    parser.add_argument("--start", help="checkpoint to start from")
    parser.add_argument("--teacher", help="finished dense checkpoint whose distribution is learned, too")
    parser.add_argument("--opening", type=float, default=0.1, help="share of the steps over which the masks take over")
    parser.add_argument("--prune-spatial", type=float, default=0, help="percent of positions to prune")
    parser.add_argument("--prune-channel", type=float, default=0, help="percent of channel groups to prune")
    parser.add_argument("--prune-blocks", type=float, nargs="+", help="the same for every block by itself; 0: without a mask")
    parser.add_argument("--widths", type=int, nargs="+", help="channels of every stage (16 32 64)")
    parser.add_argument("--blocks", type=int, nargs="+", help="blocks of every stage (2 2 2)")
    parser.add_argument("--hold-out", type=int, default=0,
                        help="keep the last training images out of training, and judge by them instead of by the test images")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--epoch-images", type=int, default=0, help="images of an epoch, 0 for all")
    parser.add_argument("--small-epochs", type=int, default=0, help="epochs on down-scaled images before the others")
    parser.add_argument("--small-size", type=int, default=20, help="height and width of those, a multiple of 4")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--crop", type=int, default=2, help="largest shift of the images, in pixels")
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--smoothing", type=float, default=0.05, help="label smoothing")
    parser.add_argument("--distill", type=float, default=0.5, help="weight of the dense teacher's distribution")
    parser.add_argument("--temperature", type=float, default=2.0, help="of the distillation")
    parser.add_argument("--budget", type=float, default=10.0, help="weight of the budget loss")
    parser.add_argument("--margin", type=float, default=0.15, help="how far a block may be from the target")
    parser.add_argument("--noise", type=float, default=0.5, help="initial amplitude of the mask noise")
    parser.add_argument("--limit", type=int, default=0, help="use only the first images of both sets, to try things out")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    train(parse())
