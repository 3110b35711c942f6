"""How pages are told of a match in few bytes: once a second everything, and in between what differs from that.

So an update needs none of those before it but the whole one, and may be dropped on its way to a page that is slow. That
is what `latest=` does: where a socket takes no more, the newest takes the place of the one that waits.
"""

State = dict[int, tuple[int, ...]]  # what there is to see at one tick: numbers by id


def difference(old: State, new: State) -> tuple[list[int], list[int]]:
    """What has changed, and which ids are gone.

    Changes are in one list: an id, a number whose bits say which values have changed, and by how much each of them did.
    """
    changes = []
    for id, values in new.items():
        before = old.get(id)
        if before != values:
            steps = [value - was for value, was in zip(values, before or (0,) * len(values), strict=True)]
            changes += [id, sum(1 << bit for bit, step in enumerate(steps) if step), *filter(None, steps)]
    return changes, [id for id in old if id not in new]
