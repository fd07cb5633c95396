/** What operators must know of the server and its database. */
export function House() {
  return <h1>House</h1>;
}
