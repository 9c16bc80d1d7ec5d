//! `cargo xtask types`: writes the SDK's types from the server's structs.

use crate::{Outcome, process, workspace};

/// The test that compares them writes them first when it is asked to.
pub(crate) fn write() -> Outcome {
    let test = "wire::typescript::tests::the_types_of_the_sdk_are_those_of_the_server";
    let mut command =
        workspace::cargo(&["test", "--quiet", "--package", "api", "--lib", "--", "--exact", test]);
    process::run(command.env("PLINTH_WRITE_TYPES", "1"))
}
