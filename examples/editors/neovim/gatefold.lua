-- gatefold's rules in Neovim: put this file into ~/.config/nvim/plugin/.
local cmd = { 'gatefold', 'lsp' }

-- Older ones do not know what *.star is.
vim.api.nvim_create_autocmd({ 'BufRead', 'BufNewFile' }, {
  pattern = '*.star',
  callback = function(event)
    if vim.bo[event.buf].filetype == '' then
      vim.bo[event.buf].filetype = 'starlark'
    end
  end,
})

if vim.lsp.config then -- 0.11 and newer
  vim.lsp.config('gatefold', {
    cmd = cmd,
    filetypes = { 'starlark', 'bzl' },
    root_markers = { 'gatefold.yaml', '.git' },
  })
  vim.lsp.enable('gatefold')
  return
end

local client -- 0.7: one for all buffers
vim.api.nvim_create_autocmd('FileType', {
  pattern = { 'starlark', 'bzl' },
  callback = function(event)
    local root = vim.fn.fnamemodify(vim.fn.findfile('gatefold.yaml', '.;'), ':p:h')
    if vim.lsp.start then -- 0.8
      vim.lsp.start({ name = 'gatefold', cmd = cmd, root_dir = root })
    else
      client = client or vim.lsp.start_client({ name = 'gatefold', cmd = cmd, root_dir = root })
      vim.lsp.buf_attach_client(event.buf, client)
    end
    vim.bo[event.buf].omnifunc = 'v:lua.vim.lsp.omnifunc'
    vim.api.nvim_buf_set_keymap(event.buf, 'n', 'K', '<cmd>lua vim.lsp.buf.hover()<CR>', { noremap = true })
    vim.api.nvim_buf_set_keymap(event.buf, 'n', 'gd', '<cmd>lua vim.lsp.buf.definition()<CR>', { noremap = true })
  end,
})
