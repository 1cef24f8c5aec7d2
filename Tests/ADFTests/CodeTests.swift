import ADF
import Testing

@Suite struct CodeTests {
    @Test("Code keeps every character", arguments: cases)
    func converts(_ example: Case) throws {
        let options = ADFConverter.Options(knownAccounts: ["u1", "u2"])
        #expect(try Brief(example.html, options: options).text == example.brief)
    }
}

private let cases: [Case] = [
    Case("<pre>a\n\tb  c\n\nd</pre>", "codeBlock[\"a\n\tb  c\n\nd\"]"),
    Case(#"<pre><code class="language-js">a</code></pre>"#, #"codeBlock(language: javascript)["a"]"#),
    Case(#"<pre class="lang-py">a</pre>"#, #"codeBlock(language: python)["a"]"#),
    Case(#"<div class="highlight highlight-source-ts"><pre>a</pre></div>"#, #"codeBlock(language: typescript)["a"]"#),
    Case(
        #"<div class="code panel"><div class="codeHeader panelHeader"><b>T</b></div><div class="codeContent panelContent"><pre class="code-java">a</pre></div></div>"#,
        #"paragraph["T"~strong], codeBlock(language: java)["a"]"#
    ),
    Case(#"<pre class="brush: c#; toolbar: false">a</pre>"#, #"codeBlock(language: csharp)["a"]"#),
    Case(#"<pre data-language="C++">a</pre>"#, #"codeBlock(language: cpp)["a"]"#),
    Case(#"<pre lang="yml">a</pre>"#, #"codeBlock(language: yaml)["a"]"#),
    Case(#"<pre class="language-text">a</pre>"#, #"codeBlock["a"]"#),
    Case(#"<pre class="language-odd">a</pre>"#, #"codeBlock["a"]"#),
    Case(
        #"<div class="language-ruby highlighter-rouge"><div class="highlight"><pre><code>a</code></pre></div></div>"#,
        #"codeBlock(language: ruby)["a"]"#
    ),
    Case("<pre>\na\n</pre>", #"codeBlock["a"]"#),
    Case("<pre>a\n\n</pre>", "codeBlock[\"a\n\"]"),
    Case("<pre></pre><pre> \n </pre>", ""),
    Case("<pre>a<br>b</pre>", "codeBlock[\"a\nb\"]"),
    Case("<pre><div>a</div><div>b</div></pre>", "codeBlock[\"a\nb\"]"),
    Case(
        #"<pre><b>a</b> <a href="https://e.example">b</a><img src="https://i.example/p.png">c</pre>"#,
        #"codeBlock["a bc"], mediaSingle[media(url: https://i.example/p.png)]"#
    ),
    Case("<listing>a</listing><xmp><b></xmp>", #"codeBlock["a"], codeBlock["<b>"]"#),
    Case("<plaintext>a<b>", #"codeBlock["a<b>"]"#),
    Case(
        #"<div class="ql-code-block-container"><select class="ql-ui"><option>x</select><div class="ql-code-block" data-language="javascript">a</div><div class="ql-code-block"><br></div><div class="ql-code-block">b</div></div>"#,
        "codeBlock[\"a\n\nb\"]"
    ),
    Case("<pre class=\"ql-syntax\" spellcheck=\"false\">a\n</pre>", #"codeBlock["a"]"#),
    Case("<pre>&lt;b&gt; &amp;amp; \u{1b}[0m</pre>", #"codeBlock["<b> &amp; [0m"]"#),
    Case(
        "<pre><table><tr><td>1</td><td>a</td></tr><tr><td>2</td><td>b</td></tr></table></pre>",
        "codeBlock[\"1\ta\n2\tb\"]"
    ),
    Case("<p>a<pre>b</pre>c", #"paragraph["a"], codeBlock["b"], paragraph["c"]"#),
    Case("<pre>a\r\nb</pre>", "codeBlock[\"a\nb\"]"),
]
