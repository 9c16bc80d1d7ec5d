export function SchemaRoute() {
  return null;
}
