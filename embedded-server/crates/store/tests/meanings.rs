//! The functions that SQLite lacks, asked beside the Postgres expressions whose meaning they have.

#[cfg(test)]
mod harness;

use base::{Limits, Value};
use harness::says;

const DOCUMENT: &str = r#"{"name":"Ada","age":36,"price":0.3,"tags":["a","b"],"items":[{"n":1,"w":"x"},{"n":5,"w":"yes"}],"deep":{"er":{"est":null}},"ok":true,"m":[[1,2],[3]],"no":null}"#;

#[tokio::test(flavor = "multi_thread")]
async fn json_paths_mean_what_they_mean_on_postgres() {
    let paths = [
        "$",
        "$.name",
        "$.nothing",
        "$.nothing.more",
        "strict $.nothing",
        "strict $.name",
        "lax $.tags.x",
        "$.tags",
        "$.tags[*]",
        "$.tags[0]",
        "$.tags[2]",
        "strict $.tags[2]",
        "$.tags[last]",
        "$.tags[last - 1] == \"a\"",
        "$.tags[0 to 1]",
        "$.tags[1 to 9] == \"b\"",
        "$.name[0] == \"Ada\"",
        "strict $.name[0]",
        "$.items.n",
        "$.items[*].n > 4",
        "$.items[*].n > 5",
        "strict $.items[*].n > 4",
        "$.items[*] ? (@.n > 2)",
        "$.items[*] ? (@.n > 2).w",
        "$.items ? (@.n > 2)",
        "$.items[*] ? (@.n > 9)",
        "$.items[*] ? (@.w == \"x\" && @.n == 1)",
        "$.items[*] ? (@.w == \"x\" || @.n == 5)",
        "$.items[*] ? (!(@.n == 1))",
        "$.items[*] ? (exists(@.w))",
        "$.items[*] ? (@.w starts with \"y\")",
        "$.items[*] ? (@.n == $.items[0].n)",
        "$.name like_regex \"^a\"",
        "$.name like_regex \"^a\" flag \"i\"",
        "$.name starts with \"A\"",
        "$.age starts with \"3\"",
        "$.age == 36",
        "$.age == 36.0",
        "$.age != 36",
        "$.age <> 1",
        "$.age >= 36 && $.age <= 36",
        "$.age == \"36\"",
        "($.age == \"36\") is unknown",
        "!($.age == \"36\")",
        "$.price == 0.1 + 0.2",
        "$.age + 4 == 40",
        "$.age - 4 * 2 == 28",
        "($.age - 4) * 2 == 64",
        "$.age / 5 == 7.2",
        "$.age % 5 == 1",
        "-$.age == -36",
        "+$.age > 0",
        "$.age / 0 == 1",
        "$.name + 1 == 1",
        "$.tags + 1 == 1",
        "$.no == null",
        "$.no != null",
        "$.name == null",
        "$.name != null",
        "$.no < 1",
        "$.no",
        "$.nothing == null",
        "$.ok",
        "$.ok == true",
        "$.ok == false",
        "$.deep.er.est == null",
        "$.deep.*",
        "$.m[*][*] == 3",
        "$.m[*] == 3",
        "$.m[0][1] == 2",
        "$.m.size() == 2",
        "$.name.size() == 1",
        "strict $.name.size() == 1",
        "$.name.type() == \"string\"",
        "$.tags.type() == \"array\"",
        "$.no.type() == \"null\"",
        "$.price.ceiling() == 1",
        "$.price.floor() == 0",
        "(-5).abs() == 5",
        "$.name.double() == 1",
        "\"1.5\".double() == 1.5",
        "$.\"name\" == \"Ada\"",
        "$.name == \"A\\u0064a\"",
        "true",
        "1 == 1.0",
        "\"a\" < \"b\"",
        "\"a\" < \"B\"",
        "exists($.name)",
        "exists($.nothing)",
        "$.tags == \"b\"",
        "$.tags ? (@ == \"b\")",
        "$.items.*",
    ];
    let Some(place) = harness::postgres(Limits::default()).await else { return };
    let lite = harness::sqlite(Limits::default()).await;
    for path in paths {
        let binds = || vec![Value::text(DOCUMENT), Value::text(path)];
        for (sqlite, postgres) in [("bx_jsonpath_exists", "@?"), ("bx_jsonpath_match", "@@")] {
            let text =
                format!("SELECT {{{sqlite}(?1, ?2)|(?1::jsonb {postgres} ?2::text::jsonpath)}}");
            let text = text.replace("?1::jsonb ", "?1::text::jsonb ");
            let text = text.replace("@?", "@\u{1}");
            let mut there = says(&place.store, &text, binds());
            there.text = there.text.replace('\u{1}', "?").into();
            let there = place.store.rows(&there).await.unwrap();
            let here = lite.store.rows(&says(&lite.store, &text, binds())).await.unwrap();
            let truth = |value: &Value| match value {
                Value::Bool(truth) => Some(*truth),
                Value::Int(number) => Some(*number != 0),
                _ => None,
            };
            assert_eq!(truth(&here[0][0]), truth(&there[0][0]), "{path} {postgres}");
        }
    }
    lite.clear().await;
    place.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_mean_what_their_expressions_mean() {
    let Some(place) = harness::postgres(Limits::default()).await else { return };
    let lite = harness::sqlite(Limits::default()).await;
    let expressions = [
        "{bx_fold('ÄÖÜ ΑΒΓ Ж ẞ ǅ Ⱥ')|lower('ÄÖÜ ΑΒΓ Ж ẞ ǅ Ⱥ')}",
        "{bx_like('a%b_c\\d', 'a\\%b\\_c\\\\d', 0)|('a%b_c\\d' LIKE 'a\\%b\\_c\\\\d')::int::int8}",
        "{bx_like('x\ny', 'x_y', 0)|('x\ny' LIKE 'x_y')::int::int8}",
        "{bx_like('ÉTÉ', 'é%', 1)|(lower('ÉTÉ') LIKE lower('é%'))::int::int8}",
        "{bx_regex('one two', '^o.e\\s')|('one two' ~ '^o.e\\s')::int::int8}",
        "{bx_base64(x'deadbeef')|encode('\\xdeadbeef'::bytea, 'base64')}",
        "{bx_search('Databases and programs', 'database program')|(to_tsvector('english', 'Databases and programs') @@ to_tsquery('english', 'database:* & program:*'))::int::int8}",
        "{bx_dec_sum(column1)|sum(column1)::text} FROM (VALUES {('12.10'), ('-2'), ('0.005')|(12.10), (-2), (0.005)}) v",
    ];
    for expression in expressions {
        // Braces inside the last one choose too.
        let text = format!("SELECT {expression}");
        let there = place.store.rows(&says(&place.store, &text, vec![])).await.unwrap();
        let here = lite.store.rows(&says(&lite.store, &text, vec![])).await.unwrap();
        assert_eq!(here, there, "{expression}");
    }
    let mut seed = 7_u64;
    for _ in 0..200 {
        let mut numbers = Vec::new();
        for _ in 0..(1 + seed % 7) {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let scale = (seed >> 40) % 9;
            let digits = (seed >> 8) % 10_u64.pow((1 + (seed >> 50) % 14) as u32);
            let sign = if seed & 64 == 0 { "-" } else { "" };
            let broken = digits % 10_u64.pow(scale as u32);
            let whole = digits / 10_u64.pow(scale as u32);
            numbers.push(match scale {
                0 => format!("('{sign}{whole}')"),
                scale => format!("('{sign}{whole}.{broken:0width$}')", width = scale as usize),
            });
        }
        let text = format!(
            "SELECT {{bx_dec_sum(column1), bx_dec_avg(column1)|sum(column1::numeric)::text, avg(column1::numeric)::text}} FROM (VALUES {}) v",
            numbers.join(",")
        );
        let there = place.store.rows(&says(&place.store, &text, vec![])).await.unwrap();
        let here = lite.store.rows(&says(&lite.store, &text, vec![])).await.unwrap();
        assert_eq!(here, there, "{text}");
    }
    for day in 0..900 {
        let moment = "(timestamp '2019-12-25 21:58:03' + ?1::bigint * interval '1 day 7 minutes')";
        for part in [
            "year", "isoyear", "quarter", "month", "week", "day", "dow", "isodow", "hour",
            "minute", "second",
        ] {
            let text = format!(
                "SELECT to_char({moment}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), extract({part} from {moment})::int8"
            );
            if day % 9 != 0 && !matches!(part, "isoyear" | "week" | "isodow") {
                continue;
            }
            let quoted = text
                .replace("HH24:MI:SS", "HH24\u{1}MI\u{1}SS")
                .replace("21:58:03", "21\u{1}58\u{1}03");
            let mut ask = says(&place.store, &quoted, vec![Value::Int(day)]);
            ask.text = ask.text.replace('\u{1}', ":").into();
            let there = place.store.rows(&ask).await.unwrap();
            let ask = says(
                &lite.store,
                &format!("SELECT bx_date_part('{part}', ?1)"),
                vec![there[0][0].clone()],
            );
            assert_eq!(
                lite.store.rows(&ask).await.unwrap()[0][0],
                there[0][1],
                "{part} {:?}",
                there[0][0]
            );
        }
    }
    lite.clear().await;
    place.clear().await;
}
