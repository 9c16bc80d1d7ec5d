//! The password hash alone, at the parameters that sign-in uses.

use super::{Limit, repeat};
use crate::{Outcome, Plan};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's first choice for argon2id, as in `auth`: 19 MiB, 2 passes, 1 lane.
const COST: (u32, u32, u32) = (19_456, 2, 1);

fn hash() -> Outcome {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|fault| fault.to_string())?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0_u8; 32];
    argon
        .hash_password_into(b"one of many who ask", b"sixteen of bytes", &mut out)
        .map_err(|fault| fault.to_string())
}

pub(super) fn take(plan: &Plan) -> Outcome<Vec<Limit>> {
    let alone = repeat("argon2id 19 MiB, 2, 1: one thread", 1, plan.measured, |_| hash())?;
    let threads = crate::machine::cores();
    let time = plan.measured;
    let side_by_side: Vec<_> =
        (0..threads).map(|_| std::thread::spawn(move || repeat("", 1, time, |_| hash()))).collect();
    let mut together = 0.0;
    for thread in side_by_side {
        together += thread.join().map_err(|_| "a hash panicked".to_owned())??.per_second;
    }
    let name = format!("argon2id 19 MiB, 2, 1: {threads} threads");
    Ok(vec![alone, Limit::new(name, together)])
}
