/** The studio's own version, written in when it is built. */
declare const __VERSION__: string;
