/**
 * PNG files of a trimap, byte for byte.
 *
 * A canvas would do, but browsers that guard against fingerprinting add noise to what is read from
 * one, and a grey file is a third of the work. Compression runs beside the page.
 */

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const GREY_8_BIT = [8, 0, 0, 0, 0];
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * Encodes grey values.
 *
 * @param values Uint8Array of width × height.
 * @returns A promise of the PNG, a Blob; the values may change while it is made.
 */
export async function greyPng(values, width, height) {
  const rows = new Uint8Array((width + 1) * height); // each begins with its filter: none
  for (let y = 0; y < height; y++) {
    rows.set(values.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set(GREY_8_BIT, 8);
  const parts = [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())),
    chunk("IEND", new Uint8Array()),
  ];
  return new Blob(parts, { type: "image/png" });
}

/** Reads a trimap's PNG: 0, 128 and 255, whatever a browser's noise made of them. */
export async function trimapValues(blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const values = new Uint8Array(width * height);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  for (let i = 0; i < values.length; i++) {
    const grey = data[4 * i];
    values[i] = grey < 64 ? 0 : grey > 191 ? 255 : 128;
  }
  return values;
}

function chunk(name, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(4, -4)) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  view.setUint32(content.length + 8, (crc ^ 0xffffffff) >>> 0);
  return bytes;
}
