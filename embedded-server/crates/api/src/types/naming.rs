//! What collections are called in TypeScript.

use indexmap::{IndexMap, IndexSet};

/// Names that the written text needs for itself.
const TAKEN: [&str; 10] = [
    "BaasixCollections",
    "CollectionName",
    "CollectionTypeMap",
    "GeoJSON",
    "Plinth",
    "PlinthOptions",
    "Record",
    "TypedBaasix",
    "createBaasix",
    "createTypedBaasix",
];

/// The type of each collection, and a second name for one of its items where there is one.
pub(super) struct Naming {
    types: IndexMap<String, String>,
    singulars: IndexMap<String, String>,
}

impl Naming {
    /// Names the collections in this order; where two would be called alike, the later one gets
    /// a number.
    pub(super) fn of<'a>(collections: impl IntoIterator<Item = &'a str>) -> Self {
        let mut taken: IndexSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let mut types = IndexMap::new();
        for collection in collections {
            let wanted = pascal(collection);
            let name = std::iter::once(wanted.clone())
                .chain((2..).map(|number| format!("{wanted}{number}")))
                .find(|name| !taken.contains(name));
            // The numbers do not end.
            let name = name.unwrap_or(wanted);
            taken.insert(name.clone());
            types.insert(collection.to_owned(), name);
        }
        // Only after every type has its name, so that no second name takes one away.
        let mut singulars = IndexMap::new();
        for (collection, name) in &types {
            if let Some(one) = singular(name).filter(|one| taken.insert(one.clone())) {
                singulars.insert(collection.clone(), one);
            }
        }
        Self { types, singulars }
    }

    /// The type of a collection's items.
    pub(super) fn of_collection(&self, collection: &str) -> Option<&str> {
        self.types.get(collection).map(String::as_str)
    }

    /// What one item of it is called, where that is another word.
    pub(super) fn singular_of(&self, collection: &str) -> Option<&str> {
        self.singulars.get(collection).map(String::as_str)
    }
}

/// `user_roles` is `UserRoles`, `baasix_UserRole` is `BaasixUserrole`.
fn pascal(collection: &str) -> String {
    let mut name = String::with_capacity(collection.len());
    for part in collection.split(['-', '_']) {
        let mut signs = part.chars();
        name.extend(signs.next().map(|sign| sign.to_ascii_uppercase()));
        name.extend(signs.map(|sign| sign.to_ascii_lowercase()));
    }
    // No type begins with a digit, and none is called nothing.
    if name.starts_with(|sign: char| sign.is_ascii_digit()) || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

/// Words whose plural is not made by rule.
const IRREGULAR: [(&str, &str); 15] = [
    ("people", "person"),
    ("children", "child"),
    ("women", "woman"),
    ("men", "man"),
    ("mice", "mouse"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("vertices", "vertex"),
    ("criteria", "criterion"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("leaves", "leaf"),
    ("uses", "use"),
];

/// Words that are the same for one and for many, or end like a plural and are none.
const SAME: [&str; 10] = [
    "news", "series", "species", "status", "address", "process", "access", "business", "analysis",
    "basis",
];

/// Plurals that end like those of words in `s`, `x` or `o`, and are not.
const WITH_E: [&str; 6] = ["houses", "causes", "clauses", "pauses", "caches", "shoes"];

/// The word for one of what `name` is the plural of; the last part counts (`OrderItems`).
fn singular(name: &str) -> Option<String> {
    let begins = name.rfind(|sign: char| sign.is_ascii_uppercase()).unwrap_or(0);
    let (before, word) = name.split_at(begins);
    let lower = word.to_ascii_lowercase();
    let ends = |list: &[&str]| list.iter().any(|known| lower.ends_with(known));
    let cut = |count: usize| word.get(..word.len() - count).map(str::to_owned);
    let one = if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == lower) {
        let mut signs = one.chars();
        signs.next().map(|first| first.to_ascii_uppercase().to_string() + signs.as_str())
    } else if SAME.contains(&lower.as_str()) || ends(&["ss", "us", "is"]) || !lower.ends_with('s') {
        None
    } else if ends(&WITH_E) {
        cut(1)
    } else if lower.len() > 4 && ends(&["ies"]) {
        cut(3).map(|stem| stem + "y")
    } else if lower.len() > 3 && ends(&["sses", "shes", "ches", "xes", "zzes", "uses", "oes"]) {
        cut(2)
    } else {
        cut(1)
    };
    one.filter(|one| one.len() > 1).map(|one| format!("{before}{one}"))
}

#[cfg(test)]
mod tests {
    use super::{Naming, pascal, singular};

    #[test]
    fn a_collection_is_called_by_its_parts() {
        for (collection, name) in [
            ("products", "Products"),
            ("order_items", "OrderItems"),
            ("orderItems", "Orderitems"),
            ("baasix_UserRole", "BaasixUserrole"),
            ("SHOUTED", "Shouted"),
            ("_hidden", "Hidden"),
            ("_2024_sales", "_2024Sales"),
            ("___", "_"),
        ] {
            assert_eq!(pascal(collection), name);
        }
    }

    #[test]
    fn one_item_is_called_by_the_singular() {
        for (many, one) in [
            ("Products", "Product"),
            ("Categories", "Category"),
            ("OrderItems", "OrderItem"),
            ("Addresses", "Address"),
            ("Boxes", "Box"),
            ("Branches", "Branch"),
            ("Statuses", "Status"),
            ("Houses", "House"),
            ("Warehouses", "Warehouse"),
            ("Purchases", "Purchase"),
            ("Caches", "Cache"),
            ("Heroes", "Hero"),
            ("Shoes", "Shoe"),
            ("Movies", "Movie"),
            ("People", "Person"),
            ("SalesPeople", "SalesPerson"),
            ("Days", "Day"),
            ("Ties", "Tie"),
        ] {
            assert_eq!(singular(many).as_deref(), Some(one), "{many}");
        }
        for alone in ["News", "Series", "Status", "Address", "Staff", "Bus", "S", "Analysis"] {
            assert_eq!(singular(alone), None, "{alone}");
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let all =
            ["products", "product", "userRole", "userrole", "record", "records", "collection_name"];
        let naming = Naming::of(all);
        let types: Vec<_> = all.iter().map(|name| naming.of_collection(name).unwrap()).collect();
        assert_eq!(
            types,
            [
                "Products",
                "Product",
                "Userrole",
                "Userrole2",
                "Record2",
                "Records",
                "CollectionName2"
            ]
        );
        // `Product` is a collection's, and `Record` is TypeScript's own.
        assert!(all.iter().all(|name| naming.singular_of(name).is_none()));
        assert_eq!(Naming::of(["products"]).singular_of("products"), Some("Product"));
    }
}
