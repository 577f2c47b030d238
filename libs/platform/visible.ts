/**
 * Escapes characters that would move a terminal's cursor, change its colours or change the text direction, such as
 * `\\u001b`. The escapes are those of JSON, so that JSON text keeps its meaning. Line breaks and tabs stay.
 */
export const withVisibleControls = (text: string): string =>
  text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
