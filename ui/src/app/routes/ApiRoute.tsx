export function ApiRoute() {
  return null;
}
