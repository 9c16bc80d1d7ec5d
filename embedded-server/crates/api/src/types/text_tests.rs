use super::{quoted, sdk_types, types};
use catalog::{Catalog, normalize, system_documents};
use engine::Numbers;
use serde_json::{Value as Json, json};

/// A project of these collections, beside the system's own.
fn project(collections: &[(&str, Json)]) -> Catalog {
    let mut documents = system_documents().clone();
    let mut next = 0;
    for (name, given) in collections {
        let mut id = || {
            next += 1;
            format!("id{next}")
        };
        documents.insert((*name).to_owned(), normalize(name, given, None, &mut id).unwrap());
    }
    Catalog::build(documents, 1, |_, _| None).unwrap()
}

fn written(collections: &[(&str, Json)]) -> String {
    types(&project(collections), Numbers::Tokens)
}

#[test]
fn a_project_is_written_in_full() {
    let shop = [
        (
            "products",
            json!({ "paranoid": true, "fields": {
                "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
                "name": { "type": "String", "allowNull": false, "values": { "length": 255 }, "validate": { "notEmpty": true, "len": [3, 255] } },
                "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 }, "validate": { "min": 0, "max": 999999.99 } },
                "email": { "type": "String", "description": "Who\nanswers */ for it", "validate": { "isEmail": true } },
                "status": { "type": "Enum", "values": ["draft", "it's"] },
                "tags": { "type": "Array", "values": { "type": "String" } },
                "extra": { "type": "JSON" },
                "active": { "type": "Boolean" },
                "secret": { "type": "String", "hidden": true },
                "category_id": { "type": "Integer" },
                "category": { "relType": "BelongsTo", "target": "categories", "foreignKey": "category_id" },
                "maker_Id": { "type": "UUID", "relType": "BelongsTo", "target": "baasix_User", "as": "maker", "foreignKey": "maker_Id" },
            } }),
        ),
        (
            "categories",
            json!({ "timestamps": false, "fields": {
                "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
                "place": { "type": "Point" },
                "products": { "relType": "HasMany", "target": "products", "foreignKey": "category_id" },
            } }),
        ),
    ];
    let text = written(&shop);
    let own = text.split("/** An item of `categories`. */").nth(1).unwrap();
    assert_eq!(
        own,
        "
export interface Categories {
  id: number;
  place?: GeoJSON.Geometry | null;
  products?: Products[] | null;
}

export type Category = Categories;

/** An item of `products`. */
export interface Products {
  id: string;
  /**
   * @maxLength 255
   * @length 3-255
   */
  name: string;
  /**
   * @precision 10,2
   * @min 0
   * @max 999999.99
   */
  price?: number | null;
  /**
   * Who answers *\\/ for it
   * @format email
   */
  email?: string | null;
  status?: 'draft' | \"it's\" | null;
  tags?: string[] | null;
  extra?: Record<string, unknown> | null;
  active?: boolean | null;
  category_id?: number | null;
  category?: Categories | null;
  maker_Id?: string | null;
  maker?: BaasixUser | null;
  createdAt?: string;
  updatedAt?: string;
  deletedAt?: string | null;
}

export type Product = Products;

/** The names of the collections. */
export type CollectionName = 'baasix_User' | 'categories' | 'products';

/** The items of each collection. */
export interface CollectionTypeMap {
  baasix_User: BaasixUser;
  categories: Categories;
  products: Products;
}

/** The collections of a client: `createBaasix<BaasixCollections>(…)`. */
export type BaasixCollections = CollectionTypeMap;
"
    );
    // The system's collections come first, and only those that are pointed at, without relations.
    let user = text.split("export interface BaasixUser {").nth(1).unwrap();
    let user = user.split("\n}").next().unwrap();
    assert!(user.contains("\n  email?: string | null;"), "{user}");
    assert!(!user.contains("avatar?:") && !user.contains("password"), "{user}");
    assert!(!text.contains("BaasixRole"));
    assert!(text.find("declare namespace GeoJSON").unwrap() < text.find("BaasixUser").unwrap());
}

#[test]
fn numbers_are_written_as_the_client_gets_them() {
    let catalog = project(&[(
        "sums",
        json!({ "timestamps": false, "fields": {
            "total": { "type": "Decimal", "allowNull": false }, "all": { "type": "BigInt" },
            "few": { "type": "Integer" }, "each": { "type": "Array_Decimal" } } }),
    )]);
    let plain = types(&catalog, Numbers::Tokens);
    assert!(plain.contains("  total: number;\n  all?: number | null;\n  few?: number | null;\n"));
    let exact = types(&catalog, Numbers::Strings);
    assert!(exact.contains("  total: string;\n  all?: string | null;\n  few?: number | null;\n"));
    assert!(exact.contains("  each?: (number | string)[] | null;\n"), "{exact}");
}

#[test]
fn what_is_too_long_for_a_line_has_a_line_for_each_member() {
    let words: Vec<String> = (0..12).map(|n| format!("a long word number {n}")).collect();
    let text = written(&[(
        "things",
        json!({ "fields": { "kind": { "type": "Enum", "values": words, "allowNull": false } } }),
    )]);
    let kind = text.split("  kind:").nth(1).unwrap();
    assert!(kind.starts_with("\n    | 'a long word number 0'\n    | 'a long word number 1'"));
    assert!(kind.contains("\n    | 'a long word number 11';\n"), "{kind}");
}

#[test]
fn an_empty_project_is_a_module_all_the_same() {
    let text = written(&[]);
    assert!(text.contains("export type CollectionName = never;\n"));
    assert!(text.contains("export interface CollectionTypeMap {}\n"));
}

#[test]
fn the_types_of_the_sdk_come_with_a_client() {
    let text = sdk_types(&project(&[]), Numbers::Tokens);
    assert!(text.contains(
        "\nimport { createBaasix, type Plinth, type PlinthOptions } from '@plinth/sdk';\n"
    ));
    assert!(text.ends_with("  return createBaasix<BaasixCollections>(options);\n}\n"));
}

#[test]
fn any_word_is_a_literal() {
    for (word, literal) in [
        ("plain", "'plain'"),
        ("it's", "\"it's\""),
        ("'\"", "'\\'\"'"),
        ("back\\slash", "'back\\\\slash'"),
        ("line\nend\u{2028}\u{1}", "'line\\nend\\u2028\\u0001'"),
    ] {
        assert_eq!(quoted(word), literal);
    }
}
