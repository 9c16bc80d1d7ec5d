//! Functions in the database, plain SQL on every server, so that the answers do not depend on what
//! is installed: what shapes on the earth are to each other, by the steps of `base`, the words of
//! long texts, and doubles that leave their range.

use super::fault;
use super::run::{self, Failure};
use sqlx::{PgConnection, Row as _};

const FUNCTIONS: &str =
    concat!(include_str!("geometry.sql"), include_str!("search.sql"), include_str!("doubles.sql"),);

/// Two processes that make the functions at once would disturb each other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7165021945132086)";

/// Makes the functions, or makes them anew when they are those of another version.
pub(super) async fn equip(connection: &mut PgConnection) -> Result<(), Failure> {
    let asked = "SELECT obj_description(to_regprocedure('bx_geo_box(jsonb)')::oid, 'pg_proc')";
    let row = sqlx::query(asked).persistent(false).fetch_one(&mut *connection).await?;
    let found: Option<String> = row.try_get(0)?;
    let version = format!("plinth {:016x}", digest(FUNCTIONS));
    if found.as_deref() == Some(version.as_str()) {
        return Ok(());
    }
    let mark = format!("COMMENT ON FUNCTION bx_geo_box(jsonb) IS '{version}'");
    let made = run::simple(connection, format!("BEGIN; {LOCK}; {FUNCTIONS} {mark}; COMMIT"));
    match made.await {
        Err(failure) if !failure.driver().is_some_and(fault::breaks_connection) => {
            run::simple(connection, "ROLLBACK").await?;
            Err(failure)
        }
        made => made,
    }
}

/// FNV-1a with 64 bits.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
