/** hls.js on its own, fetched only where media source extensions lack what mpegts.js wants. */
export { default } from "hls.js";
