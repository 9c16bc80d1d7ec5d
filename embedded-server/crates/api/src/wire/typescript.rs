//! The shapes as TypeScript, in `sdk/src/generated`. The test compares what lies there with what
//! the structs say; `cargo xtask types` writes it.

use super::{
    access, answer, document, error, existing, explain, history, impact, import, invite, item,
    journal, mails, oauth, persona, queries, rehearsal, report, schema, schema_history, server,
    session, settings, templates, tokens, totp, transfer, variables,
};
use base::Code;
use catalog::{Catalog, Collection, DEFAULT_NAMES, Element, Field, FieldKind, INDEX_TYPES};
use ts_rs::{Config, TS};

const HEAD: &str =
    "// Written by `cargo xtask types` from the server's own structs. Do not edit by hand.\n";

/// Every file by its name.
fn files() -> Vec<(&'static str, String)> {
    vec![
        ("document.ts", document_types()),
        ("records.ts", record_types()),
        ("wire.ts", wire_types()),
    ]
}

/// A union of words.
fn words<'a>(name: &str, about: &str, list: impl IntoIterator<Item = &'a str>) -> String {
    let union: Vec<String> = list.into_iter().map(|word| format!("\n  | '{word}'")).collect();
    format!("\n/** {about} */\nexport type {name} ={};\n", union.concat())
}

/// One declaration: ts-rs writes a line, or with comments a line per field, unindented.
fn shape<T: TS>() -> String {
    let config = Config::new().with_large_int("number");
    let text = format!("{}export {}", T::docs().unwrap_or_default(), T::decl(&config));
    let mut lines: Vec<String> = Vec::new();
    let mut remark: Option<String> = None;
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        let indent = if inside { "  " } else { "" };
        match (&mut remark, line) {
            (None, "/**") => remark = Some(String::new()),
            (Some(words), "*/") => {
                lines.push(format!("{indent}/** {} */", words.trim()));
                remark = None;
            }
            (Some(words), more) => {
                words.push_str(more.trim_start_matches('*'));
            }
            (None, "") => {}
            (None, line) => {
                inside = inside || line.ends_with('{');
                match line.strip_suffix(" };") {
                    Some(last) if inside => {
                        lines.push(format!("{indent}{last}"));
                        lines.push(String::from("};"));
                    }
                    _ => lines.push(format!("{indent}{line}")),
                }
            }
        }
    }
    format!("\n{}\n", lines.join("\n"))
}

fn wire_types() -> String {
    let mut text = String::from(HEAD);
    text.push_str("import type { SchemaDefinition } from './document.js';\n");
    text.push_str(
        "import type { PermissionRecord, RoleRecord, TenantRecord, UserRecord } from './records.js';\n",
    );
    text.push_str(&words(
        "ErrorCode",
        "What the server calls the kinds of errors.",
        Code::ALL.iter().map(|code| code.as_str()),
    ));
    for shape in [
        shape::<answer::Answer<()>>(),
        shape::<answer::Listed<()>>(),
        shape::<answer::Message>(),
        shape::<answer::Done<()>>(),
        shape::<error::ErrorBody>(),
        shape::<error::ErrorFacts>(),
        shape::<error::ErrorReport>(),
        shape::<error::BrokenRule>(),
        shape::<error::ErrorDetail>(),
        shape::<item::PageFacts>(),
        shape::<item::Written<()>>(),
        shape::<item::WriteWarning>(),
        shape::<item::WrittenKey>(),
        shape::<item::BatchVerb>(),
        shape::<item::BatchResult>(),
        shape::<item::BatchPreview>(),
        shape::<item::BatchStatement>(),
        shape::<item::SortedItem>(),
        shape::<history::HistoryPage>(),
        shape::<history::Revision>(),
        shape::<history::RevisionAction>(),
        shape::<history::RevisionActor>(),
        shape::<history::RevertBody>(),
        shape::<history::RevertSide>(),
        shape::<import::ImportFormat>(),
        shape::<import::ImportMode>(),
        shape::<import::ImportForm>(),
        shape::<import::ImportPhase>(),
        shape::<import::ImportReject>(),
        shape::<import::ImportStays>(),
        shape::<import::ImportLeft>(),
        shape::<import::ImportPace>(),
        shape::<import::ImportJob>(),
        shape::<import::Imported>(),
        shape::<import::ImportResult>(),
        shape::<import::ImportRowError>(),
        shape::<report::StatsFacts>(),
        shape::<queries::SlowQueryList>(),
        shape::<queries::SlowQuery>(),
        shape::<queries::SlowQueryShape>(),
        shape::<queries::ProposedIndex>(),
        shape::<queries::QueryMeasurement>(),
        shape::<queries::QueryTiming>(),
        shape::<schema::SchemaInfo>(),
        shape::<schema::SchemaList>(),
        shape::<schema::SchemaPagination>(),
        shape::<schema::SchemaPlan>(),
        shape::<schema::SchemaApplied>(),
        shape::<schema::PlanOperation>(),
        shape::<schema::PlanStep>(),
        shape::<schema::PlanValues>(),
        shape::<schema::PlanExample>(),
        shape::<schema::PlanReference>(),
        shape::<schema::PlanMention>(),
        shape::<rehearsal::Rehearsal>(),
        shape::<rehearsal::RehearsalClone>(),
        shape::<rehearsal::RehearsedStep>(),
        shape::<rehearsal::StepLock>(),
        shape::<rehearsal::RehearsalFault>(),
        shape::<rehearsal::FailingRow>(),
        shape::<schema_history::SchemaHistory>(),
        shape::<schema_history::SchemaChangeEntry>(),
        shape::<schema_history::SchemaChangeDetail>(),
        shape::<schema_history::UndoPlan>(),
        shape::<schema_history::SchemaUndone>(),
        shape::<schema_history::RestoredPart>(),
        shape::<existing::ExistingTables>(),
        shape::<existing::ExistingTable>(),
        shape::<existing::TableColumn>(),
        shape::<existing::TableRelation>(),
        shape::<existing::TableFinding>(),
        shape::<existing::AdoptionPlan>(),
        shape::<schema::SchemasImported>(),
        shape::<schema::SchemaChanges>(),
        shape::<transfer::SchemaFile>(),
        shape::<transfer::SchemaFileEntry>(),
        shape::<transfer::FilePreview<()>>(),
        shape::<transfer::SchemaPreview>(),
        shape::<transfer::NewSchema>(),
        shape::<transfer::ModifiedSchema>(),
        shape::<transfer::IndexesMigrated>(),
        shape::<transfer::RoleFile>(),
        shape::<transfer::RoleFileEntry>(),
        shape::<transfer::PermissionExport>(),
        shape::<transfer::GrantName>(),
        shape::<transfer::RolesPreview>(),
        shape::<transfer::RolesImported>(),
        shape::<transfer::RolesTaken>(),
        shape::<transfer::PermissionsTaken>(),
        shape::<transfer::PermissionRefused>(),
        shape::<access::AccessReport>(),
        shape::<access::AccessRole>(),
        shape::<access::AccessGrants>(),
        shape::<access::AccessGrant>(),
        shape::<explain::ExplainBody>(),
        shape::<explain::Explanation>(),
        shape::<explain::ExplainedRole>(),
        shape::<explain::ExplainedClause>(),
        shape::<explain::ExplainedField>(),
        shape::<tokens::NewApiTokenBody>(),
        shape::<tokens::ApiToken>(),
        shape::<tokens::ApiTokenMade>(),
        shape::<totp::SecondFactorAsked>(),
        shape::<totp::SecondFactorState>(),
        shape::<totp::SecondFactorBegun>(),
        shape::<totp::QrPicture>(),
        shape::<totp::RecoveryCodes>(),
        shape::<totp::SecondFactorConfirmed>(),
        shape::<session::AuthMode>(),
        shape::<session::SignInBody>(),
        shape::<session::SetupBody>(),
        shape::<session::PasswordBody>(),
        shape::<session::SessionStarted>(),
        shape::<session::SessionUser>(),
        shape::<session::SessionReport>(),
        shape::<session::SessionRole>(),
        shape::<session::SessionPermission>(),
        shape::<session::SessionValid>(),
        shape::<session::SessionKey>(),
        shape::<session::SessionInvalid>(),
        shape::<session::OpenSession>(),
        shape::<session::RegistrationWaits>(),
        shape::<invite::InviteBody>(),
        shape::<invite::InviteSent>(),
        shape::<invite::SentInvite>(),
        shape::<invite::InviteShown>(),
        shape::<invite::InvitePlace>(),
        shape::<invite::AcceptBody>(),
        shape::<persona::PersonaBody>(),
        shape::<persona::PersonaOpened>(),
        shape::<impact::ImpactBody>(),
        shape::<impact::ImpactChange>(),
        shape::<impact::PermissionImpact>(),
        shape::<impact::RecordsInReach>(),
        shape::<oauth::SocialBody>(),
        shape::<oauth::IdTokenBody>(),
        shape::<oauth::SocialBegun>(),
        shape::<oauth::ProviderList>(),
        shape::<oauth::SignInProvider>(),
        shape::<variables::VariableBody>(),
        shape::<variables::ProjectVariable>(),
        shape::<variables::KeptProvider>(),
        shape::<variables::KeptVariable>(),
        shape::<session::AddressUnconfirmed>(),
        shape::<session::MagicLinkBody>(),
        shape::<session::MailAskedBody>(),
        shape::<session::MagicVerifyBody>(),
        shape::<session::ResetBody>(),
        shape::<session::AddressConfirmed>(),
        shape::<session::ConfirmedUser>(),
        shape::<session::SessionsEnded>(),
        shape::<session::SwitchBody>(),
        shape::<session::TenantChoices>(),
        shape::<session::TenantChoice>(),
        shape::<session::TenantRole>(),
        shape::<server::HealthReport>(),
        shape::<mails::MailList>(),
        shape::<mails::LoggedMail>(),
        shape::<mails::MailContent>(),
        shape::<mails::TestMail>(),
        shape::<settings::Branding>(),
        shape::<settings::ServerInfo>(),
        shape::<settings::ProjectInfo>(),
        shape::<settings::ProjectPictures>(),
        shape::<settings::Localization>(),
        shape::<templates::TemplateType>(),
        shape::<templates::TemplateTypes>(),
        shape::<templates::TemplateDefault>(),
        shape::<templates::TemplateDefaults>(),
        shape::<templates::TemplatePreview>(),
        shape::<journal::JournalEntry>(),
    ] {
        text.push_str(&shape);
    }
    text
}

impl TS for error::ErrorCode {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &Config) -> String {
        String::from("ErrorCode")
    }

    fn inline(config: &Config) -> String {
        Self::name(config)
    }
}

fn document_types() -> String {
    let mut text = String::from(HEAD);
    text.push_str(&words(
        "FieldType",
        "Every field type, in its canonical spelling.",
        catalog::TYPE_NAMES,
    ));
    text.push_str(&words("IndexType", "How an index is built.", INDEX_TYPES));
    text.push_str(&words(
        "RelationWord",
        "The kinds of relations, by their short names and by those of stored definitions.",
        engine::RELATION_WORDS.map(|(word, _)| word),
    ));
    text.push_str(&words(
        "DefaultName",
        "Defaults that the server makes.",
        DEFAULT_NAMES.into_iter().filter(|name| *name != "SQL"),
    ));
    text.push_str(
        "\n/** The value a field gets when none is given: a literal, or one the server makes. */\n\
         export type DefaultValue =\n  | string\n  | number\n  | boolean\n  | null\n  \
         | readonly unknown[]\n  | { type: DefaultName }\n  | { type: 'SQL'; value: string }\n  \
         | { value: unknown };\n",
    );
    for shape in [
        shape::<document::SchemaDefinition>(),
        shape::<document::FieldDefinition>(),
        shape::<document::RelationType>(),
        shape::<document::ReferentialAction>(),
        shape::<document::FieldValues>(),
        shape::<document::ValidationRules>(),
        shape::<document::IndexDefinition>(),
    ] {
        text.push_str(&shape);
    }
    text
}

/// The rows of the system's own collections. Which columns are present depends on the call and on
/// permissions, so that only the key is certain.
fn record_types() -> String {
    let catalog = Catalog::build(catalog::system_documents().clone(), 1, |_, _| None).unwrap();
    let mut text = String::from(HEAD);
    for collection in catalog.collections.values() {
        text.push_str(&record(collection));
        if let Some((_, secrets)) = WRITTEN.iter().find(|(name, _)| *name == collection.name) {
            text.push_str(&written(collection, secrets));
        }
    }
    text
}

/// The collections that clients write, and what is written there and never read again.
const WRITTEN: [(&str, &[&str]); 5] = [
    ("baasix_Role", &[]),
    ("baasix_User", &["password"]),
    ("baasix_Permission", &[]),
    ("baasix_Settings", &["smtp_pass"]),
    ("baasix_UserPreference", &[]),
];

/// What a new row takes: the columns that the house does not fill by itself.
fn written(collection: &Collection, secrets: &[&str]) -> String {
    let name = collection.name.trim_start_matches("baasix_");
    let mut text = format!(
        "\n/** What may be written to a row of `{}`; a change takes any part of it. */\n\
         export interface {name}Written {{\n",
        collection.name
    );
    let taken = |field: &&Field| {
        !field.generated
            && field.name != collection.primary_key
            && field.computed.is_none()
            && (!field.hidden || secrets.contains(&field.name.as_str()))
    };
    for field in collection.fields.values().filter(taken) {
        let mark = if field.nullable || field.default.is_some() { "?" } else { "" };
        text.push_str(&format!("  {}{mark}: {};\n", field.name, value_of(field)));
    }
    text.push_str("}\n");
    text
}

fn record(collection: &Collection) -> String {
    let name = collection.name.trim_start_matches("baasix_");
    let mut text = format!(
        "\n/** A row of `{}`: which columns are present depends on the call and on permissions. */\n\
         export interface {name}Record {{\n",
        collection.name
    );
    for field in collection.fields.values().filter(|field| !field.hidden) {
        let certain = field.name == collection.primary_key;
        let mark = if certain { "" } else { "?" };
        text.push_str(&format!("  {}{mark}: {};\n", field.name, value_of(field)));
    }
    text.push_str("}\n");
    text
}

fn value_of(field: &Field) -> String {
    let value = match &field.kind {
        FieldKind::String { .. }
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::CiText
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::DateTimeNoTz
        | FieldKind::Time
        | FieldKind::TimeNoTz
        | FieldKind::Uuid
        | FieldKind::Suid
        | FieldKind::Token
        | FieldKind::Binary => String::from("string"),
        FieldKind::Integer | FieldKind::Real | FieldKind::Double => String::from("number"),
        // Text where every digit is asked for (`Accept-Numbers: string`).
        FieldKind::BigInt | FieldKind::Decimal { .. } => String::from("number | string"),
        FieldKind::Boolean => String::from("boolean"),
        FieldKind::Enum { values } => {
            values.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" | ")
        }
        FieldKind::Array(Element::Integer | Element::Double) => String::from("number[]"),
        FieldKind::Array(Element::Boolean) => String::from("boolean[]"),
        FieldKind::Array(Element::Decimal) => String::from("(number | string)[]"),
        FieldKind::Array(_) => String::from("string[]"),
        FieldKind::Json { .. } | FieldKind::Range(_) | FieldKind::Geo(_) => {
            return String::from("unknown");
        }
    };
    if field.nullable { format!("{value} | null") } else { value }
}

#[cfg(test)]
mod tests {
    use super::files;
    use std::path::{Path, PathBuf};

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../sdk/src/generated")
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "`cargo xtask types` asks for the files this way"
    )]
    fn the_types_of_the_sdk_are_those_of_the_server() {
        let write = std::env::var_os("PLINTH_WRITE_TYPES").is_some();
        let files = files();
        for (name, text) in &files {
            let path = folder().join(name);
            if write {
                std::fs::create_dir_all(folder()).unwrap();
                std::fs::write(&path, text).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(found == *text, "sdk/src/generated/{name} is stale; run `cargo xtask types`");
        }
        let mut lying: Vec<String> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        lying.sort();
        assert_eq!(lying, files.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
