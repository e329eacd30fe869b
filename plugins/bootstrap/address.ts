/** Which host an address belongs to: the whole of it lives in core, where the index counts by it too. */
export { hostKey, limitKey } from "../../core/host_key.ts";
