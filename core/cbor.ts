/** CBOR (RFC 8949) for plugins that keep state in files: the one place besides the wire that names the library. */
export { decode, encode } from "cborg";
