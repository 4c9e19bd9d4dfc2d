-- What somebody does in Neovim, with examples/editors/neovim/gatefold.lua: see neovim_test.go.
local function wait(what, is)
  if not vim.wait(10000, is, 20) then
    io.stderr:write('waited in vain: ' .. what .. '\n')
    vim.cmd('cquit')
  end
end

local function run()
  vim.cmd('edit rules/home.star')
  local buf = vim.api.nvim_get_current_buf()
  assert(vim.bo[buf].filetype == 'starlark' or vim.bo[buf].filetype == 'bzl', 'filetype ' .. vim.bo[buf].filetype)
  wait('a problem', function() return #vim.diagnostic.get(buf) == 1 end)
  assert(vim.diagnostic.get(buf)[1].message:find('did you mean blink1.set', 1, true))
  assert(vim.diagnostic.get(buf)[1].col == 11, 'column ' .. vim.diagnostic.get(buf)[1].col)

  local function ask(method, line, col)
    local params = { textDocument = vim.lsp.util.make_text_document_params(buf), position = { line = line, character = col } }
    for _, answer in pairs(vim.lsp.buf_request_sync(buf, method, params, 10000)) do
      return answer.result
    end
  end
  assert(ask('textDocument/hover', 2, 8).contents.value:find('blink1', 1, true))

  vim.api.nvim_buf_set_lines(buf, 2, 3, false, { '    blink1.' })
  local labels = {}
  for _, item in ipairs(ask('textDocument/completion', 2, 11).items) do
    labels[item.label] = true
  end
  assert(labels.set and labels.pattern and not labels.deny)

  vim.api.nvim_buf_set_lines(buf, 2, 3, false, { '    blink1.set( "red" )' })
  wait('the problem to go', function() return #vim.diagnostic.get(buf) == 0 end)
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 10000 })
  else
    vim.lsp.buf.formatting_sync(nil, 10000)
  end
  local text = table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), '\n')
  assert(text == 'def on_playback(now):\n    deny("Küche 🎶")\n    blink1.set("red")', text)
  vim.cmd('write')
end

local ok, err = pcall(run)
if not ok then
  io.stderr:write(tostring(err) .. '\n')
  vim.cmd('cquit')
end
vim.cmd('qall!')
