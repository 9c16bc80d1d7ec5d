export function AccessRoute() {
  return null;
}
