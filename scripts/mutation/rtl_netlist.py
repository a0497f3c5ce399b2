"""What Yosys' netlist still needs to simulate fast: text in, text out."""
import re

PIECE = re.compile(r"^  (?:wire|reg) (?:\[\d+:\d+\] )?\\(\w+)\[(\d+)(?::(\d+))?\] ;$", re.M)


def rejoined(text, names):
    """Gives a wire of `names` that `splitnets` took apart its name back, as a copy: writing to it has no effect."""
    modules = re.split(r"(?m)(?=^module )", text)
    return "".join(with_copies(module, names) for module in modules)


def with_copies(module, names):
    pieces = {}
    for name, high, low in PIECE.findall(module):
        if name in names:
            pieces.setdefault(name, []).append((int(high), low))
    for name, parts in pieces.items():
        parts.sort(reverse=True)
        bits = ", ".join(f"\\{name}[{high}:{low}] " if low else f"\\{name}[{high}] " for high, low in parts)
        module = module.replace("endmodule", f"  wire [{parts[0][0]}:0] {name} = {{ {bits} }};\nendmodule", 1)
    return module


def registered(text, select, clock):
    """Puts a register behind the input `select` of module vcap: what compares it is then evaluated once a clock, not
    with every input that changes."""
    start = text.index("module vcap(")
    end = text.index("endmodule", start)
    head, body = text[start:end].split(";", 1)
    body = re.sub(rf"(?<!\.)\b{select}\b", f"{select}_q", body)
    body = re.sub(rf"(?m)^(  (?:input|wire) [^;]*\b{select})_q;", r"\1;", body)
    width = re.search(rf"(?m)^  input (.*)\b{select};", body).group(1)
    body += f"  reg {width}{select}_q;\n  always @(posedge {clock}) {select}_q <= {select};\n"
    return f"{text[:start]}{head};{body}{text[end:]}"
