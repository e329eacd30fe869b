/** hls.js on its own, fetched only where it is needed. The light build lacks subtitles and encryption. */
export { default } from "hls.js/light";
