"""What a mutant changes. Small changes that a slip of the pen could make, and of which few do nothing."""
import lexer
from region import bumped

# token -> what it becomes; of those that can be unary too, only the binary ones
SWAPS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "/",
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "&": "|", "|": "&", "^": "|",
    "<<": ">>", ">>": "<<", ">>>": "<<",
}
UNARY_TOO = {"+", "-", "*", "&", "|", "^"}
REMOVED = {"!", "~"}


def changes(region):
    """(operator's name, token it is shown at, new text of the expression), in the order of the text."""
    fixed = region.constants()
    for i in range(region.first, region.last + 1):
        token = region.tokens[i]
        if i in fixed or token.kind not in ("operator", "number"):
            continue
        text = token.text
        if token.kind == "number":
            other = bumped(text) if not is_width(region, i) else None
            if other is not None:
                yield f"{text} -> {other}", i, region.replaced({i: other})
        elif text in SWAPS and (text not in UNARY_TOO or region.is_binary(i)) and not points(region, i):
            yield f"{text} -> {SWAPS[text]}", i, region.replaced({i: SWAPS[text]})
        elif text in REMOVED:
            yield f"without {text}", i, region.replaced({i: ""})
        elif text == "?":
            branches = exchanged(region, i)
            if branches is not None:
                yield "? : exchanged", i, branches
    if region.kind == "condition" and not is_swapped_anyway(region):
        yield "negated", region.begin, f"!({region.source()})"
    if region.kind == "clocked" and not is_constant(region):
        yield "not stored", region.begin, region.target
    if region.kind == "update":
        yield "other sign", region.begin, f"-({region.source()})"


def is_swapped_anyway(region):
    """A condition whose only operator has the negated one as its swap."""
    texts = [region.tokens[i].text for i in range(region.first, region.last + 1)]
    logic = [text for text in texts if text in SWAPS and not text in UNARY_TOO or text in REMOVED]
    return logic in (["=="], ["!="]) or (logic == ["!"] and texts[0] == "!")


def is_width(region, i):
    return i + 1 < len(region.tokens) and region.tokens[i + 1].text == "'"


def points(region, i):
    """C: `(type *)` and `sizeof *p` are no products, nor is `&` after a cast a bitwise one."""
    if region.tokens[i].text not in ("*", "&", "-", "+"):
        return False
    before, after = region.tokens[i - 1].text, region.tokens[i + 1].text
    if region.tokens[i].text == "-" and is_distance(region, i):
        return True
    return before == "sizeof" or after in (")", "*") or (before == ")" and is_cast(region, i - 1))


def is_distance(region, i):
    """`(int)(at - first)`, `[at->x - first->x]`, of names only: perhaps of two pointers, which have no sum."""
    opening = next((k for k in range(i, region.first, -1) if region.tokens[k].text in lexer.OPEN and region.pairs[k] > i), None)
    if opening is None:
        return False
    cast = region.tokens[opening - 1].text == ")" and is_cast(region, opening - 1)
    if not cast and region.tokens[opening].text != "[":
        return False
    inner = [t for k, t in enumerate(region.tokens[opening + 1 : region.pairs[opening]], opening + 1) if k != i]
    return all(t.kind == "word" or t.text in ("->", ".") for t in inner) and (cast or sum(t.text == "->" for t in inner) > 1)


def is_cast(region, close):
    inner = region.tokens[region.pairs[close] + 1 : close]
    return bool(inner) and (inner[-1].text == "*" or all(t.text.endswith("_t") or t.text in ("int", "unsigned", "const") for t in inner))


def is_constant(region):
    return region.first == region.last and region.tokens[region.first].kind == "number"


def exchanged(region, question):
    """The expression with the branches of `?` in each other's place."""
    colon = end_of(region, question + 1, (":",))
    if colon is None:
        return None
    end = end_of(region, colon + 1, (":", ",", ";", ")", "]", "}")) or region.last + 1
    true, false = region.source(question + 1, colon - 1), region.source(colon + 1, end - 1)
    text, tokens = region.text, region.tokens
    tail = text[tokens[end - 1].end : region.end]
    return f"{text[region.start : tokens[question].end]} ({false}) : ({true}){tail}"


def end_of(region, i, ends):
    """The first of these tokens from i on, outside brackets and the `? :` within."""
    questions = 0
    while i <= region.last:
        text = region.tokens[i].text
        if text in ends and not (text == ":" and questions):
            return i
        if text in lexer.OPEN:
            i = region.pairs[i]
        elif text == "?":
            questions += 1
        elif text == ":":
            questions -= 1
        i += 1
    return None
