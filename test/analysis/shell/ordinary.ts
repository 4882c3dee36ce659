/** What developers and their agents type all day in a project, of our own choosing. None of it is anybody's business but
 *  the task's. */
export const ORDINARY: readonly string[] = String.raw`
ls
ls -la
ls -la src test
pwd
tree -L 2 src
cat README.md
cat package.json | jq .scripts
head -n 40 src/index.ts
tail -n 100 logs/app.log
tail -f logs/app.log | grep --line-buffered ERROR
wc -l src/*.ts
wc -l $(git ls-files '*.ts')
file dist/app
stat package.json
du -sh node_modules
df -h
grep -rn "TODO" src
grep -rnE 'foo|bar' --include='*.ts' .
grep -c import src/index.ts
rg -n "createServer" src
rg --files | head -50
rg -l TODO | xargs wc -l
find . -name '*.test.ts' -not -path './node_modules/*'
find src -type f | wc -l
find . -type f -name '*.ts' -exec grep -l useState {} +
find . -name '*.py' | xargs grep -n 'def main'
find . -type f -size +1M -print0 | xargs -0 ls -lh
fd -e ts
sort names.txt | uniq -c | sort -rn | head
cut -d, -f2 data.csv | sort -u
awk '{print $1}' access.log | sort | uniq -c
awk -F, 'NR>1 {s+=$3} END {print s/NR}' data.csv
awk '$3 > 100 {print $1, $3}' data.csv
sed -n '10,40p' src/index.ts
sed -i 's/foo/bar/g' src/a.ts
sed -i.bak -e 's/1.0.0/1.1.0/' package.json
sed 's/^[ ]*//' notes.txt > notes.out
tr 'a-z' 'A-Z' < notes.txt
diff -u a.txt b.txt
diff <(sort a.txt) <(sort b.txt)
comm -12 <(sort a.txt) <(sort b.txt)
echo hello
echo "version: $(node --version)"
printf '%s\n' one two
date +%Y-%m-%d
which node
command -v pnpm
type python3
env | sort
uname -a
whoami
mkdir -p src/new/feature
touch src/new/feature/index.ts
cp src/a.ts src/b.ts
cp -r templates/base packages/new
mv src/a.ts src/lib/a.ts
rm src/old.ts
rm -f src/*.js.map
rm -rf dist
rm -rf node_modules && npm ci
rm -rf build coverage .next
ln -s ../shared src/shared
chmod +x scripts/run.sh
cat > src/config.ts <<'EOF'
echo "export const x = 1;" > src/x.ts
echo "dist/" >> .gitignore
tee src/y.ts < src/x.ts
cd src && ls
cd packages/core && npm test
(cd packages/web && npm run build)
pushd src && ls && popd
git status
git status --short
git diff
git diff --stat HEAD~1
git diff main...HEAD -- src
git log --oneline -20
git log -p -1 -- src/index.ts
git log --author=ada --since='2 weeks ago' --pretty=format:'%h %s'
git show HEAD
git show HEAD:src/index.ts
git blame -L 10,20 src/index.ts
git branch
git branch -a
git branch --show-current
git switch -c feature/x
git checkout -b feature/y
git checkout main
git add -A
git add src/index.ts test/index.test.ts
git add -p
git commit -m "fix: handle empty input"
git commit --amend --no-edit
git commit -am 'wip'
git add . && git commit -m "feat: more" 
git fetch origin
git fetch --all --prune
git pull --rebase
git merge origin/main
git rebase origin/main
git rebase --continue
git stash
git stash pop
git stash list
git cherry-pick abc123
git revert HEAD --no-edit
git tag v1.2.0
git remote -v
git rev-parse HEAD
git rev-parse --show-toplevel
git ls-files
git reset HEAD src/a.ts
git reset --soft HEAD~1
git restore --staged src/a.ts
git config user.name
git config user.email ada@example.com
git -C packages/core status
git --no-pager log -5
git grep -n TODO
git describe --tags
git worktree list
git init
git mv src/a.ts src/b.ts
git submodule status
git bisect good
npm test
npm run build
npm run lint -- --fix
npm ci
npm install
npm ls
npm outdated
npm test -- --watch=false 2>&1 | tail -50
NODE_ENV=test npm test
CI=1 npm run test:unit
pnpm install --frozen-lockfile
pnpm build
pnpm -r test
pnpm run dev
yarn
yarn test
yarn build
bun test
bun run build
npx tsc --noEmit
npx vitest run
npx eslint src --fix
npx prettier --write .
./node_modules/.bin/jest
tsc -p .
eslint .
vitest run src/a.test.ts
node --version
node scripts/build.js
node --test
node dist/index.js --port 3000
python --version
python3 manage.py test
python3 -m pytest -x -q
python -m venv .venv
source .venv/bin/activate && pytest
python3 scripts/gen.py > out.json
pytest tests/test_api.py::test_login -vv
pytest --cov=app --cov-report=term-missing
ruff check .
ruff format src
black .
mypy app
pip list
pip freeze > requirements.txt
pip install -r requirements.txt
pip install -e .
uv sync
uv run pytest
poetry install
poetry run pytest
tox -e py312
make
make test
make -j4 build
cmake -B build && cmake --build build
cargo build
cargo test
cargo build --release
cargo clippy --all-targets -- -D warnings
cargo fmt
go build ./...
go test ./... -run TestLogin -v
go vet ./...
go mod tidy
gofmt -l .
mvn test
mvn -q package -DskipTests
./gradlew test
gradle build
dotnet build
dotnet test
bundle exec rspec
bundle install
composer install
php -l src/a.php
docker ps
docker images
docker logs web
docker compose ps
docker compose logs --tail 50 web
kubectl get pods
kubectl describe pod web-1
kubectl logs deploy/web
terraform validate
terraform fmt
terraform plan
gh pr list
gh pr view 12
gh pr diff 12
gh issue view 3 --json title,body
gh run list
curl -s http://localhost:3000/health
curl -sI https://example.com
curl https://api.example.com/v1/items | jq '.items[0]'
ping -c 1 example.com
ps aux | grep node
lsof -i :3000
top -b -n 1 | head -20
free -h
jq '.dependencies | keys' package.json
jq -r '.version' package.json
yq '.services' docker-compose.yml
xxd dist/app | head
sha256sum dist/app.tar.gz
tar czf dist/app.tar.gz -C build .
tar xzf vendor.tar.gz
tar tf vendor.tar.gz
unzip -l a.zip
zip -r dist/app.zip build
gzip -k dist/app.log
base64 README.md
openssl version
sleep 1
time npm test
timeout 60 npm test
nohup npm run dev > dev.log 2>&1 &
for f in src/*.ts; do echo "$f"; done
for i in 1 2 3; do npm test || break; done
while read -r line; do echo "$line"; done < list.txt
if [ -f package.json ]; then cat package.json; fi
[ -d dist ] && rm -rf dist
test -f .nvmrc && cat .nvmrc
[[ -z "$CI" ]] && echo local
export NODE_ENV=production && npm run build
VERSION=$(jq -r .version package.json); echo "$VERSION"
set -euo pipefail; npm run lint; npm test
npm test > test.log 2>&1; echo $?
npm run build && ls -la dist
ls src | while read f; do wc -l "src/$f"; done
sqlite3 --version
prettier --check src
tmp=$(mktemp -d); cp a.txt "$tmp"; rm -rf "$tmp"
mkdir -p /tmp//work && cd /tmp//work && ls
cat a.txt b.txt > /tmp//all.txt
code --version
shellcheck scripts/run.sh
`
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => (line.endsWith("<<'EOF'") ? `${line}\nexport const a = "$(not run)";\nEOF` : line));
