// Numbers as text. Integers that JavaScript would round arrive as text.

function count(value) {
  return BigInt(value).toLocaleString("en-US");
}

function short(value) {
  const number = Number(value);
  for (const [scale, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= scale * 0.9995) {
      const scaled = number / scale;
      return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)} ${unit}`;
    }
  }
  return String(value);
}

function bytes(value) {
  const number = Number(value);
  for (const [scale, unit] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "KB"]]) {
    if (number >= scale) return `${(number / scale).toLocaleString("en-US", { maximumFractionDigits: 1, minimumFractionDigits: 1 })} ${unit}`;
  }
  return `${count(value)} B`;
}

function percent(part, whole) {
  const share = Number(whole) ? Number(part) / Number(whole) : 0;
  if (!share) return "0\u00a0%";
  return share < 0.0005 ? "<0.1\u00a0%" : `${(share * 100).toFixed(1)}\u00a0%`;
}

function plural(number, word) {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}
