/** The delimiters of SLS's default text index. `-`, `_` and `.` are no delimiters. */
export const delimiters = ', \'";=()[]{}?@&<>/:\n\t\r';
